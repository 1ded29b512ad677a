#include "actors/event_journal.hpp"
#include "actors/fixture.hpp"
#include "api/control_fixture.hpp"

#include <caf/actor_cast.hpp>
#include <caf/make_actor.hpp>
#include <caf/send.hpp>
#include <doctest/doctest.h>

#include <stdexcept>
#include <utility>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

[[noreturn]] void go_wrong() {
  throw std::runtime_error("injected");
}

/// A subscriber to which no event can be sent.
class unreachable : public event_subscriber::base {
public:
  using super = event_subscriber::base;

  explicit unreachable(caf::actor_config& config) : super(config) {}

  event_subscriber::behavior_type make_behavior() override {
    return {[](event_atom, const event_ptr&) {},
            [](history_atom, const past_events&) {}};
  }

  using super::enqueue;

  void enqueue(caf::mailbox_element_ptr what,
               caf::execution_unit* from) override {
    if (what->content().match_elements<event_atom, event_ptr>())
      go_wrong();
    super::enqueue(std::move(what), from);
  }
};

struct failing_subscriber : thread_subscriber {
  void on_core_replaced() override {
    go_wrong();
  }
  void on_tokens_changed() override {
    go_wrong();
  }
  void on_tick() override {
    go_wrong();
  }
  void on_leave(errc) override {
    go_wrong();
  }
};

} // namespace

// -- the event journal, within an agent's call --------------------------------

TEST_CASE_FIXTURE(started_world, "an event that the journal failed to take in "
                                 "an agent's call reaches the hub's successor, "
                                 "and ends no agent") {
  auto link = enter("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  auto before = context().core.events;
  auto journal = context().journal;
  journal->clock = []() -> timestamp { go_wrong(); };
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  // Nothing goes to it past the hub any more.
  CHECK(context().journal == nullptr);
  journal->clock = &wall_clock_now;
  run();
  CHECK(context().core.events != before);
  CHECK(count("event-hub") == 1);
  CHECK(outcome->outcome() == "ok");
  CHECK_FALSE(link.socket->closed);
  auto again = std::make_shared<event_record>();
  caf::anon_send(context().core.events, follow_atom_v,
                 subscription{listener(again), stream_name{agent_id{"alpha"}}});
  run();
  CHECK(again->types() == "agent_connected task_dispatched agent_response");
}

TEST_CASE_FIXTURE(started_world, "a hub that cannot reach a subscriber is "
                                 "started again; agents and events stay") {
  auto link = enter("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  auto before = context().core.events;
  auto reader = follow("alpha");
  {
    // Never launched, so it costs nobody anything.
    caf::actor_config config{&thread()};
    auto broken = caf::make_actor<unreachable, event_subscriber>(
        sys.next_actor_id(), sys.node(), &sys, config);
    caf::anon_send(before, follow_atom_v,
                   subscription{broken, stream_name{agent_id{"alpha"}}});
    run();
    link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
    run();
  }
  CHECK(context().core.events != before);
  CHECK(count("event-hub") == 1);
  CHECK(outcome->outcome() == "ok");
  CHECK_FALSE(link.socket->closed);
  CHECK(times_given_up == 0);
  auto again = std::make_shared<event_record>();
  caf::anon_send(context().core.events, follow_atom_v,
                 subscription{listener(again), stream_name{agent_id{"alpha"}}});
  run();
  CHECK(again->types() == "agent_connected task_dispatched agent_response");
}

TEST_CASE_FIXTURE(started_world, "a subscriber that an event could not be sent "
                                 "to gets no later event before it") {
  auto link = enter("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  auto before = context().core.events;
  // The followers of one agent come after those of all.
  caf::actor_config config{&thread()};
  auto broken = caf::make_actor<unreachable, event_subscriber>(
      sys.next_actor_id(), sys.node(), &sys, config);
  caf::anon_send(before, follow_atom_v, subscription{broken, {}});
  run();
  auto reader = follow("alpha");
  link.socket->peer_sends(progress_frame("alpha", "m-1", "working"));
  CHECK(context().journal == nullptr);
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  broken = nullptr;
  run();
  CHECK(context().core.events != before);
  CHECK(context().journal != nullptr);
  // Neither: both are in the history that it asks the successor for.
  CHECK(reader->live.empty());
  CHECK(outcome->outcome() == "ok");
}

// -- what concerns all who live on a thread -----------------------------------

TEST_CASE_FIXTURE(started_world, "a resident that throws keeps no other from "
                                 "hearing the news") {
  failing_subscriber first;
  context().agents.push_front(first);
  auto link = enter("alpha");
  auto registry_before = context().core.registry;
  kill_and_recover("registry");
  CHECK(context().core.registry != registry_before);
  CHECK(view("alpha").connected);
  tick(context());
  replace_tokens(context(), std::make_shared<const token_table>());
  run();
  CHECK(view("alpha").connected);
  dismiss_agents();
  REQUIRE(link.socket->closed);
  CHECK(link.socket->closed->code == 1001);
}

// -- ends ---------------------------------------------------------------------

TEST_CASE_FIXTURE(started_world, "an agent that dies of an exception, and "
                                 "throws again over its end, takes nobody "
                                 "with it") {
  auto link = enter("alpha");
  auto other = enter("beta");
  auto pending = dispatch(make_task("alpha", "m-1"));
  link.socket->broken = true;
  link.socket->broken_end = true;
  link.socket->peer_sends(heartbeat_frame("alpha"));
  run();
  CHECK(pending->outcome() == "internal");
  CHECK_FALSE(view("alpha").connected);
  CHECK(view("beta").connected);
  CHECK_FALSE(other.socket->closed);
}
