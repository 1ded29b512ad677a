#include "actors/event_publication.hpp"
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

/// A hub that fails, in an agent's call, before or after it took the event.
struct failing_hub : event_taker {
  explicit failing_hub(bool takes) : takes_first(takes) {}

  void take(event_draft x) override {
    ++asked;
    if (takes_first)
      x->taken = true;
    go_wrong();
  }

  void fail() override {
    ++told;
    go_wrong();
  }

  bool takes_first;
  int asked = 0;
  int told = 0;
};

/// Puts `hub` in the place of the thread's own.
struct hub_swap {
  hub_swap(actors::thread_context& where, event_taker& hub)
    : context(where), before(std::exchange(where.hub_here, &hub)) {}

  ~hub_swap() {
    context.hub_here = before;
  }

  actors::thread_context& context;
  event_taker* before;
};

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

/// A registry that fails when it is asked within the call.
struct failing_registry : agent_directory {
  [[nodiscard]] const agent_actor*
  find_standing(const agent_id&) const override {
    go_wrong();
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

// -- the event hub, within an agent's call ------------------------------------

TEST_CASE_FIXTURE(started_world, "an exception of the event hub in an agent's "
                                 "call ends no agent") {
  auto link = enter("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  failing_hub hub{true};
  {
    hub_swap swap{context(), hub};
    link.socket->peer_sends(progress_frame("alpha", "m-1", "working"));
    CHECK(hub.asked == 1);
    CHECK(hub.told == 1);
    // It is asked no more: it is about to end.
    CHECK(context().hub_here == nullptr);
  }
  run();
  CHECK_FALSE(link.socket->closed);
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(outcome->outcome() == "ok");
}

TEST_CASE_FIXTURE(started_world, "an event that the hub failed to take reaches "
                                 "its successor") {
  auto link = enter("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  auto stream = follow("alpha");
  auto before = context().core.events;
  failing_hub hub{false};
  // The thread's own hub dies over what comes to it by message.
  kill("event-hub");
  context().hub_here = &hub;
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  CHECK(hub.told == 1);
  run();
  CHECK(context().core.events != before);
  CHECK(outcome->outcome() == "ok");
  auto again = std::make_shared<event_record>();
  caf::anon_send(
      context().core.events, follow_atom_v,
      subscription{listener(again), stream_name{agent_id{"alpha"}}, 0, true});
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
    caf::anon_send(
        before, follow_atom_v,
        subscription{broken, stream_name{agent_id{"alpha"}}, 0, false});
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
  caf::anon_send(
      context().core.events, follow_atom_v,
      subscription{listener(again), stream_name{agent_id{"alpha"}}, 0, true});
  run();
  CHECK(again->types() == "agent_connected task_dispatched agent_response");
}

// -- the registry, within a session's call ------------------------------------

TEST_CASE_FIXTURE(control_world, "an exception of the registry in a session's "
                                 "call does not end the session") {
  auto link = enter("alpha");
  failing_registry broken;
  auto before = std::exchange(context().registry_here, &broken);
  auto answer = post("/control/agents/alpha/dispatch", R"({"content":"x"})");
  context().registry_here = before;
  CHECK(answer.status == 200);
  CHECK(link.socket->take_sent().size() == 1);
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
