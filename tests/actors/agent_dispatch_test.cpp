#include "actors/fixture.hpp"
#include "protocol/event_json.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

TEST_CASE_FIXTURE(started_world, "a dispatch reaches the bridge as the "
                                 "contract writes it") {
  auto [aut, socket] = enter("alpha");
  dispatch_order order = *make_task("alpha", "m-1");
  order.task.context = json_object{R"({"n":[1,2]})"};
  auto outcome = dispatch(std::make_shared<const dispatch_order>(order));
  CHECK(outcome->pending());
  auto frames = socket->take_sent();
  REQUIRE(frames.size() == 1);
  CHECK(parsed(frames[0])
        == json{{"type", "dispatch"},
                {"message_id", "m-1"},
                {"agent_id", "alpha"},
                {"content", "do it"},
                {"context", {{"n", {1, 2}}}},
                {"session_id", "control"}});
  CHECK(context().counts.dispatches.value() == 1);
}

TEST_CASE_FIXTURE(started_world, "a dispatch is accepted, reported on and "
                                 "answered, in this order") {
  auto [aut, socket] = enter("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  REQUIRE(outcome->answer->value);
  CHECK(outcome->answer->value->message.str() == "m-1");
  CHECK(outcome->progress.empty());
  pass(2s);
  socket->peer_sends(progress_frame("alpha", "m-1", "thinking"));
  socket->peer_sends(progress_frame("alpha", "m-1", "writing", "50 %"));
  run();
  CHECK(outcome->pending());
  pass(1s);
  socket->peer_sends(response_frame("alpha", "m-1", "forty-two"));
  run();
  CHECK(outcome->progress == std::vector<std::string>{"thinking", "writing"});
  REQUIRE(outcome->value);
  CHECK(outcome->times == 1);
  CHECK(outcome->result().content == "forty-two");
  CHECK(outcome->value->took == 3s);
  CHECK(outcome->value->dispatched_at.time_since_epoch().count() > 0);
  CHECK(state_of<agent_state>(aut).pending.size() == 0);
  CHECK(context().counts.responses.value() == 1);
  CHECK(context().counts.progress_reports.value() == 2);
}

TEST_CASE_FIXTURE(started_world, "events tell of a dispatch from its start to "
                                 "its end, in the session that asked for it") {
  auto [aut, socket] = enter("alpha");
  auto stream = follow("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  socket->peer_sends(progress_frame("alpha", "m-1", "working"));
  socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(stream->types() == "task_dispatched agent_progress agent_response");
  for (const auto& x : stream->live) {
    CHECK(x->session->str() == "control");
    CHECK(x->agent.str() == "alpha");
    REQUIRE(message_of(*x) != nullptr);
    CHECK(message_of(*x)->str() == "m-1");
  }
}

TEST_CASE_FIXTURE(started_world, "a task that failed is an outcome, and an "
                                 "error among the events") {
  auto [aut, socket] = enter("alpha");
  auto stream = follow("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  socket->peer_sends(failed_frame("alpha", "m-1", "disk full"));
  run();
  REQUIRE(outcome->value);
  CHECK(outcome->result().error == "disk full");
  REQUIRE(stream->types() == "task_dispatched agent_error");
  auto event = parsed(protocol::encode(*stream->live.back()));
  CHECK(event["message"] == "Agent alpha error: disk full");
  CHECK(event["metadata"]["error"] == "disk full");
}

TEST_CASE_FIXTURE(started_world, "an empty error is none, as to a bridge in "
                                 "Python") {
  auto [aut, socket] = enter("alpha");
  auto stream = follow("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  socket->peer_sends(failed_frame("alpha", "m-1", ""));
  run();
  REQUIRE(outcome->value);
  CHECK_FALSE(outcome->result().error);
  CHECK(stream->types() == "task_dispatched agent_response");
}

TEST_CASE_FIXTURE(started_world, "several dispatches are under way at once and "
                                 "end in any order") {
  auto [aut, socket] = enter("alpha");
  auto one = dispatch(make_task("alpha", "m-1"));
  auto two = dispatch(make_task("alpha", "m-2"));
  auto three = dispatch(make_task("alpha", "m-3"));
  CHECK(state_of<agent_state>(aut).pending.size() == 3);
  socket->peer_sends(response_frame("alpha", "m-2", "two"));
  socket->peer_sends(response_frame("alpha", "m-1", "one"));
  run();
  CHECK(one->result().content == "one");
  CHECK(two->result().content == "two");
  CHECK(three->pending());
}

// Contract section 6, number 6.
TEST_CASE_FIXTURE(started_world,
                  "a progress that says it is over ends nothing") {
  auto [aut, socket] = enter("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  for (auto status : {"completed", "error", "done"})
    socket->peer_sends(progress_frame("alpha", "m-1", status));
  run();
  CHECK(outcome->pending());
  CHECK(state_of<agent_state>(aut).pending.size() == 1);
}

TEST_CASE_FIXTURE(started_world, "an agent takes no more than it may have") {
  context().agent.max_pending = 2;
  auto [aut, socket] = enter("alpha");
  auto one = dispatch(make_task("alpha", "m-1"));
  auto two = dispatch(make_task("alpha", "m-2"));
  CHECK(dispatch(make_task("alpha", "m-3"))->outcome() == "too_many_pending");
  CHECK(socket->take_sent().size() == 2);
  socket->peer_sends(response_frame("alpha", "m-1", ""));
  run();
  CHECK(dispatch(make_task("alpha", "m-4"))->outcome() == "pending");
}

TEST_CASE_FIXTURE(started_world, "pending dispatches are bounded in bytes, "
                                 "too, and one always fits") {
  context().agent.max_pending_bytes = 1000;
  auto [aut, socket] = enter("alpha");
  auto with_context = [](const std::string& id, std::size_t size) {
    dispatch_order order = *make_task("alpha", id);
    order.task.context =
        json_object{R"({"x":")" + std::string(size - 8, 'y') + R"("})"};
    return std::make_shared<const dispatch_order>(order);
  };
  CHECK(dispatch(with_context("m-1", 5000))->outcome() == "pending");
  CHECK(dispatch(with_context("m-2", 10))->outcome() == "too_many_pending");
  socket->peer_sends(response_frame("alpha", "m-1", ""));
  run();
  CHECK(dispatch(with_context("m-3", 500))->outcome() == "pending");
  CHECK(dispatch(with_context("m-4", 400))->outcome() == "pending");
  CHECK(dispatch(with_context("m-5", 400))->outcome() == "too_many_pending");
}

TEST_CASE_FIXTURE(started_world, "a bridge with much to read gets no more "
                                 "dispatches, and keeps its link and its "
                                 "tasks") {
  auto [aut, socket] = enter("alpha");
  auto one = dispatch(make_task("alpha", "m-1"));
  socket->full = true;
  auto two = dispatch(make_task("alpha", "m-2"));
  CHECK(two->outcome() == "bridge_behind");
  CHECK(one->pending());
  CHECK_FALSE(socket->closed);
  CHECK(view("alpha").connected);
  CHECK(socket->take_sent().size() == 1);
  socket->peer_reads();
  CHECK(dispatch(make_task("alpha", "m-3"))->outcome() == "pending");
  socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(one->outcome() == "ok");
}

TEST_CASE_FIXTURE(started_world, "a message id that is pending is not taken "
                                 "twice") {
  auto [aut, socket] = enter("alpha");
  auto one = dispatch(make_task("alpha", "m-1"));
  CHECK(dispatch(make_task("alpha", "m-1"))->outcome() == "invalid_message");
  CHECK(socket->take_sent().size() == 1);
  socket->peer_sends(response_frame("alpha", "m-1", "once"));
  run();
  CHECK(one->outcome() == "ok");
}

// Contract section 1: frames to a bridge stay under 1 MiB.
TEST_CASE_FIXTURE(started_world, "a dispatch no bridge would read is refused") {
  auto [aut, socket] = enter("alpha");
  auto of_size = [](std::size_t length) {
    dispatch_order order = *make_task("alpha", "m-" + std::to_string(length));
    order.task.content.assign(length, 'x');
    return std::make_shared<const dispatch_order>(order);
  };
  CHECK(dispatch(of_size(1024 * 1024))->outcome() == "too_large");
  CHECK(socket->take_sent().empty());
  CHECK(state_of<agent_state>(aut).pending.size() == 0);
  CHECK(dispatch(of_size(1024 * 1023))->outcome() == "pending");
  CHECK(socket->sent.back().size() < 1024 * 1024);
}

TEST_CASE_FIXTURE(started_world, "an agent that is not registered takes no "
                                 "dispatch") {
  auto [aut, socket] = connect();
  CHECK(answer<acceptance>(aut, dispatch_atom_v, make_task("", "m-1")).outcome()
        == "agent_not_connected");
  CHECK(socket->sent.empty());
}

TEST_CASE_FIXTURE(started_world, "an agent reports its dispatches to the "
                                 "operator") {
  auto [aut, socket] = enter("alpha");
  socket->queued = {17, 2};
  auto late = dispatch(make_task("alpha", "late", 60s));
  auto early = dispatch(make_task("alpha", "early", 30s));
  pass(10s);
  auto report = answer<agent_report>(context().core.registry, report_atom_v,
                                     agent_id{"alpha"})
                    .value.value();
  CHECK(report.agent.str() == "alpha");
  CHECK(report.number == incarnation{1});
  CHECK(report.silent_for == 10s);
  CHECK(report.silence_allowed == 75s);
  CHECK(report.queued_bytes == 17);
  CHECK(report.queued_frames == 2);
  REQUIRE(report.pending.size() == 2);
  CHECK(report.pending[0].message.str() == "early");
  CHECK(report.pending[0].age == 10s);
  CHECK(report.pending[0].remaining == 20s);
}
