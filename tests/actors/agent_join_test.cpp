#include "actors/fixture.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

/// A core without a supervisor: who is dead stays dead until the test replaces
/// it.
struct bare_world : world {
  std::shared_ptr<core_memory> memory = std::make_shared<core_memory>();

  bare_world() {
    core_handles core;
    core.registry = spawn_registry();
    replace_core(context(), core);
    replace_events();
    run();
  }

  ~bare_world() {
    end(context().core.registry);
    end(context().core.events);
  }

  registry_actor spawn_registry() {
    return spawn_on(sys, &thread(), registry, &context(), memory,
                    registry_options{});
  }

  template <class Handle>
  void end(const Handle& whom) {
    caf::anon_send_exit(whom, caf::exit_reason::kill);
  }

  void replace_registry() {
    auto core = context().core;
    core.registry = spawn_registry();
    replace_core(context(), core);
  }

  void replace_events() {
    auto core = context().core;
    core.event_backlog = std::make_shared<std::atomic<std::size_t>>(0);
    if (!memory->journal)
      memory->journal =
          std::make_shared<event_journal>(event_history_options{});
    context().journal = memory->journal;
    core.newest_event = memory->journal->newest();
    core.events = spawn_on(sys, &thread(), event_hub, &context(),
                           memory->journal, core.event_backlog);
    replace_core(context(), core);
  }
};

} // namespace

TEST_CASE_FIXTURE(bare_world, "a bridge that registers while there is no "
                              "registry joins the next one") {
  auto first = enter("alpha");
  end(context().core.registry);
  run();
  auto [aut, socket] = connect();
  socket->peer_sends(register_frame("beta"));
  run();
  CHECK(socket->sent.empty());
  CHECK_FALSE(socket->closed);
  replace_registry();
  run();
  REQUIRE(socket->sent.size() == 1);
  CHECK(parsed(socket->sent[0])["type"] == "registered");
  CHECK(view("beta").number == incarnation{2});
}

TEST_CASE_FIXTURE(bare_world, "a bridge whose join dies with the registry "
                              "joins the next one") {
  auto [aut, socket] = connect();
  // The registry's end is in its mailbox before the question is.
  end(context().core.registry);
  socket->peer_sends(register_frame("alpha"));
  run();
  CHECK(socket->sent.empty());
  replace_registry();
  run();
  CHECK(socket->sent.size() == 1);
  CHECK(view("alpha").connected);
}

TEST_CASE_FIXTURE(bare_world, "a bridge that waits for a registry in vain is "
                              "sent away in the end") {
  end(context().core.registry);
  auto link = connect();
  link.socket->peer_sends(register_frame("alpha"));
  pass(11s);
  CHECK(link.socket->closed);
  link.aut = nullptr;
  CHECK(count("agent") == 0);
}

TEST_CASE_FIXTURE(bare_world, "an agent and the registry agree on its "
                              "incarnation when the core changes as it joins") {
  auto [aut, socket] = connect();
  socket->peer_sends(register_frame("alpha"));
  SUBCASE("because the event hub was replaced") {
    end(context().core.events);
    replace_events();
  }
  SUBCASE("because the registry was replaced with its answer on the way") {
    // The question, then the end; the answer is in the agent's mailbox.
    REQUIRE(thread().run_once());
    end(context().core.registry);
    replace_registry();
  }
  run();
  CHECK(socket->sent.size() == 1);
  CHECK(view("alpha").number == state_of<agent_state>(aut).number);
}

TEST_CASE_FIXTURE(bare_world, "a bridge that leaves while it joins does not "
                              "stay on the list as connected") {
  auto link = connect();
  link.socket->peer_sends(register_frame("alpha"));
  link.socket->end();
  run();
  CHECK_FALSE(view("alpha").connected);
  CHECK(link.socket->sent.empty());
}

TEST_CASE_FIXTURE(bare_world, "a dispatch that comes right after the join "
                              "finds the agent ready") {
  auto [aut, socket] = connect();
  socket->peer_sends(register_frame("alpha"));
  auto outcome = dispatch(make_task("alpha", "m-1"));
  CHECK(outcome->outcome() == "pending");
  REQUIRE(socket->sent.size() == 2);
  CHECK(parsed(socket->sent[0])["type"] == "registered");
  CHECK(parsed(socket->sent[1])["type"] == "dispatch");
}
