#include "actors/event_journal.hpp"
#include "actors/stored_world.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <tuple>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

struct erasing_world : stored_world {
  /// An agent that has finished a dispatch and has left.
  erasing_world() {
    auto link = enter("alpha");
    std::ignore = dispatch(make_task("alpha", "m-1"));
    commit();
    link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
    run();
    commit();
    link.socket->end();
    run();
    commit();
  }

  reply_ptr<bool> erase() {
    auto out = ask<bool>(context().core.registry, erase_atom_v,
                         agent_id{"alpha"}, origin{"192.0.2.1", "ci"});
    run();
    return out;
  }

  [[nodiscard]] bool is_listed() {
    return answer<agent_view>(context().core.registry, find_atom_v,
                              agent_id{"alpha"})
               .outcome()
           == "ok";
  }

  [[nodiscard]] bool is_remembered() {
    return context().journal->history().records().find(message_id{"m-1"})
           != nullptr;
  }
};

} // namespace

TEST_CASE_FIXTURE(erasing_world, "an agent is forgotten when its erasure is on "
                                 "record") {
  CHECK(is_remembered());
  auto erased = erase();
  CHECK(erased->pending());
  CHECK(is_listed());
  CHECK(erase()->outcome() == "unavailable");
  commit();
  CHECK(erased->outcome() == "ok");
  CHECK_FALSE(is_listed());
  CHECK_FALSE(is_remembered());
  CHECK(erase()->pending());
  commit();
  CHECK_FALSE(is_listed());
}

TEST_CASE_FIXTURE(erasing_world, "a bridge that registers as an agent that is "
                                 "being erased waits for that") {
  auto erased = erase();
  auto early = connect();
  early.socket->peer_sends(register_frame("alpha"));
  run();
  auto gone = connect();
  gone.socket->peer_sends(register_frame("alpha"));
  run();
  gone.socket->end();
  run();
  CHECK(early.socket->take_sent().empty());
  commit();
  CHECK(erased->outcome() == "ok");
  CHECK(early.socket->take_sent().size() == 1);
  CHECK(is_listed());
  CHECK(erase()->outcome() == "agent_still_connected");
}

TEST_CASE_FIXTURE(erasing_world, "an agent whose erasure the store refuses "
                                 "stays") {
  auto order = *make_task("alpha", "m-2");
  order.options.queue_timeout = 60s;
  std::ignore = dispatch(std::make_shared<const dispatch_order>(order));
  auto erased = erase();
  commit();
  CHECK(erased->outcome() == "not_ended");
  CHECK(is_listed());
  CHECK(is_remembered());
  auto back = enter("alpha");
}

TEST_CASE_FIXTURE(erasing_world, "an erasure outlives the registry that was "
                                 "asked for it") {
  auto erased = erase();
  kill_and_recover("registry");
  commit();
  CHECK_FALSE(is_remembered());
}
