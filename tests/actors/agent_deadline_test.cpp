#include "actors/fixture.hpp"
#include "protocol/event_json.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

TEST_CASE_FIXTURE(started_world, "a dispatch that is not answered in time is "
                                 "answered with that") {
  auto [aut, socket] = enter("alpha");
  auto stream = follow("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1", 10s));
  pass(9s);
  CHECK(outcome->pending());
  pass(1s);
  CHECK(outcome->outcome() == "timeout");
  CHECK(state_of<agent_state>(aut).pending.size() == 0);
  CHECK(context().counts.failed_dispatches.value() == 1);
  CHECK(stream->types() == "task_dispatched agent_error");
  CHECK(parsed(protocol::encode(*stream->live.back()))["metadata"]["reason"]
        == "timeout");
  CHECK_FALSE(socket->closed);
}

TEST_CASE_FIXTURE(started_world, "a response after the deadline is dropped") {
  auto [aut, socket] = enter("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1", 10s));
  pass(10s);
  auto stream = follow("alpha");
  socket->peer_sends(progress_frame("alpha", "m-1", "nearly"));
  socket->peer_sends(response_frame("alpha", "m-1", "too late"));
  run();
  CHECK(outcome->times == 1);
  CHECK(outcome->outcome() == "timeout");
  CHECK(context().counts.unknown_results.value() == 2);
  CHECK(context().counts.responses.value() == 0);
  CHECK(stream->types() == "");
}

TEST_CASE_FIXTURE(started_world, "a response and the deadline never both win") {
  auto [aut, socket] = enter("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1", 10s));
  SUBCASE("the response is read first") {
    skip(10s);
    socket->peer_sends(response_frame("alpha", "m-1", "just in time"));
    thread().deadlines.run_due();
    run();
    CHECK(outcome->outcome() == "ok");
    CHECK(context().counts.failed_dispatches.value() == 0);
  }
  SUBCASE("the deadline comes first") {
    skip(10s);
    thread().deadlines.run_due();
    socket->peer_sends(response_frame("alpha", "m-1", "too late"));
    run();
    CHECK(outcome->outcome() == "timeout");
    CHECK(context().counts.responses.value() == 0);
  }
  pass(20s);
  CHECK(outcome->times == 1);
}

TEST_CASE_FIXTURE(started_world, "each dispatch has its own deadline, in "
                                 "whatever order they come") {
  auto [aut, socket] = enter("alpha");
  auto late = dispatch(make_task("alpha", "late", 30s));
  auto early = dispatch(make_task("alpha", "early", 10s));
  auto middle = dispatch(make_task("alpha", "middle", 20s));
  pass(10s);
  CHECK(early->outcome() == "timeout");
  CHECK(middle->pending());
  pass(10s);
  CHECK(middle->outcome() == "timeout");
  CHECK(late->pending());
  pass(10s);
  CHECK(late->outcome() == "timeout");
}

TEST_CASE_FIXTURE(started_world, "a later deadline holds after an earlier one "
                                 "was met") {
  auto [aut, socket] = enter("alpha");
  auto early = dispatch(make_task("alpha", "early", 10s));
  auto late = dispatch(make_task("alpha", "late", 20s));
  socket->peer_sends(response_frame("alpha", "early", ""));
  pass(19s);
  CHECK(late->pending());
  pass(1s);
  CHECK(late->outcome() == "timeout");
}

TEST_CASE_FIXTURE(started_world, "a deadline of a week is no deadline of "
                                 "tomorrow") {
  context().agent.liveness.timeout = 24h * 30;
  auto [aut, socket] = enter("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1", 24h * 7));
  pass(24h * 7 - 1h, 1h);
  CHECK(outcome->pending());
  pass(1h, 1h);
  CHECK(outcome->outcome() == "timeout");
}

TEST_CASE_FIXTURE(started_world, "ten thousand dispatches with deadlines ten "
                                 "minutes away leave nothing behind") {
  auto [aut, socket] = enter("alpha");
  auto registry = context().core.registry;
  std::size_t answered = 0;
  for (int i = 0; i < 100; ++i) {
    std::vector<dispatch_reply_ptr> outcomes;
    for (int j = 0; j < 100; ++j)
      outcomes.push_back(ask_dispatch(
          registry, make_task("alpha", std::to_string(i * 100 + j))));
    run();
    for (const auto& frame : socket->take_sent()) {
      auto id = parsed(frame)["message_id"].get<std::string>();
      socket->peer_sends(response_frame("alpha", id, ""));
    }
    run();
    for (const auto& outcome : outcomes)
      answered += outcome->outcome() == "ok" ? 1 : 0;
  }
  CHECK(answered == 10'000);
  const auto& inside = state_of<agent_state>(aut);
  CHECK(inside.pending.size() == 0);
  CHECK(inside.pending.next_deadline() == std::nullopt);
  CHECK(event_backlog() == 0);
  CHECK(context().counts.failed_dispatches.value() == 0);
}
