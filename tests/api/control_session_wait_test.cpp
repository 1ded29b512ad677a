#include "api/control_fixture.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

const std::string some_task = R"({"content":"do it"})";

struct waiting_world : control_world {
  bridge link = enter("alpha");
  std::string id;

  /// Dispatches with `?wait=`; the id is the one the bridge is told.
  void dispatch_and_wait(const std::string& seconds,
                         const std::string& body = some_task) {
    ask_http("POST", "/control/agents/alpha/dispatch?wait=" + seconds, body);
    run();
    auto frames = link.socket->take_sent();
    REQUIRE(frames.size() == 1);
    id = parsed(frames[0])["message_id"];
  }

  json answer_body() {
    run();
    REQUIRE(http->answers.size() == 1);
    return parsed(last_answer().body);
  }
};

} // namespace

TEST_CASE_FIXTURE(waiting_world, "a dispatch that is waited for is answered "
                                 "with its result") {
  dispatch_and_wait("30");
  CHECK(http->answers.empty());
  pass(2s);
  link.socket->peer_sends(progress_frame("alpha", id, "working"));
  CHECK(http->answers.empty());
  link.socket->peer_sends(response_frame("alpha", id, "done"));
  auto body = answer_body();
  CHECK(last_answer().status == 200);
  CHECK(body["message_id"] == id);
  CHECK(body["agent_id"] == "alpha");
  CHECK(body["status"] == "completed");
  CHECK(body["content"] == "done");
  CHECK(body["error"].is_null());
  CHECK(body["timings"]["duration_s"] == 2.0);
  pass(1min);
  CHECK(http->answers.size() == 1);
}

TEST_CASE_FIXTURE(waiting_world, "a task that failed is answered with 200 and "
                                 "its error") {
  dispatch_and_wait("30");
  link.socket->peer_sends(failed_frame("alpha", id, "disk full"));
  auto body = answer_body();
  CHECK(last_answer().status == 200);
  CHECK(body["status"] == "error");
  CHECK(body["error"] == "disk full");
  CHECK(body["reason"] == "task_failed");
}

TEST_CASE_FIXTURE(waiting_world, "a task that ends without a result is "
                                 "answered with why") {
  std::string reason;
  SUBCASE("its deadline passed") {
    dispatch_and_wait("30", R"({"content":"x","timeout_s":5})");
    pass(5s);
    reason = "timeout";
  }
  SUBCASE("its bridge was lost") {
    dispatch_and_wait("30");
    link.socket->end();
    reason = "agent_lost";
  }
  SUBCASE("its bridge was replaced") {
    dispatch_and_wait("30");
    auto newer = enter("alpha");
    reason = "replaced";
  }
  SUBCASE("the daemon ends") {
    dispatch_and_wait("30");
    dismiss_agents();
    reason = "draining";
  }
  auto body = answer_body();
  CHECK(last_answer().status == 200);
  CHECK(body["status"] == "error");
  CHECK(body["reason"] == reason);
  CHECK(body["content"].is_null());
}

TEST_CASE_FIXTURE(waiting_world, "a wait that is over is answered with where "
                                 "to ask") {
  dispatch_and_wait("2.5");
  pass(2s);
  CHECK(http->answers.empty());
  pass(1s, 500ms);
  auto body = answer_body();
  CHECK(last_answer().status == 202);
  CHECK(header_of(last_answer(), "location") == "/control/dispatches/" + id);
  CHECK(body["message_id"] == id);
  CHECK(body["status"] == "dispatched");
  link.socket->peer_sends(response_frame("alpha", id, "done"));
  run();
  CHECK(http->answers.size() == 1);
  CHECK(parsed(get("/control/dispatches/" + id).body)["content"] == "done");
}

TEST_CASE_FIXTURE(waiting_world, "a client whose wait is over can wait again "
                                 "for the same dispatch") {
  dispatch_and_wait("1");
  pass(1s);
  CHECK(last_answer().status == 202);
  auto place = "/control/dispatches/" + id + "?wait=";
  ask_http("GET", place + "2");
  pass(2s);
  REQUIRE(http->answers.size() == 2);
  CHECK(last_answer().status == 202);
  ask_http("GET", place + "30");
  run();
  CHECK(http->answers.size() == 2);
  link.socket->peer_sends(response_frame("alpha", id, "done"));
  run();
  REQUIRE(http->answers.size() == 3);
  CHECK(last_answer().status == 200);
  CHECK(parsed(last_answer().body)["content"] == "done");
  CHECK(get(place + "30").status == 200);
}

TEST_CASE_FIXTURE(waiting_world, "a client that waits for a dispatch gets the "
                                 "outcome even if the event hub dies") {
  dispatch_and_wait("0");
  pass(1s);
  ask_http("GET", "/control/dispatches/" + id + "?wait=30");
  run();
  kill_and_recover("event-hub");
  link.socket->peer_sends(response_frame("alpha", id, "done"));
  run();
  CHECK(last_answer().status == 200);
  CHECK(parsed(last_answer().body)["content"] == "done");
}

TEST_CASE_FIXTURE(waiting_world, "waiting for an unknown dispatch fails at "
                                 "once") {
  CHECK(get("/control/dispatches/nothing?wait=30").status == 404);
  CHECK(get("/control/dispatches/nothing?wait=soon").status == 422);
}

TEST_CASE_FIXTURE(waiting_world, "the end of one wait does not cut the next "
                                 "one short") {
  dispatch_and_wait("10");
  pass(5s);
  link.socket->peer_sends(response_frame("alpha", id, "done"));
  run();
  dispatch_and_wait("10");
  pass(9s);
  CHECK(http->answers.size() == 1);
  pass(1s);
  CHECK(http->answers.size() == 2);
}

TEST_CASE("an outcome that overtakes the acceptance is the answer, once") {
  control_world two{2};
  auto link = two.enter("alpha", 1);
  two.ask_http("POST", "/control/agents/alpha/dispatch?wait=30", some_task);
  two.thread(0).run();
  two.thread(1).run();
  auto frames = link.socket->take_sent();
  REQUIRE(frames.size() == 1);
  message_id id{parsed(frames[0])["message_id"].get<std::string>()};
  // The acceptance waits in the mailbox of the session.
  two.context(0).board.notify(
      dispatch_outcome{id, failure{errc::agent_lost, {}}, {}, {}});
  REQUIRE(two.http->answers.size() == 1);
  CHECK(parsed(two.last_answer().body)["reason"] == "agent_lost");
  two.ask_http("POST", "/control/agents/alpha/dispatch?wait=30", some_task);
  two.run();
  // It answers no later request either.
  CHECK(two.http->answers.size() == 1);
}

TEST_CASE_FIXTURE(waiting_world, "what is refused before it began is an error "
                                 "of HTTP, waited for or not") {
  auto answer = post("/control/agents/nobody/dispatch?wait=30", some_task);
  CHECK(answer.status == 404);
  link.socket->end();
  answer = post("/control/agents/alpha/dispatch?wait=30", some_task);
  CHECK(answer.status == 409);
}

TEST_CASE_FIXTURE(waiting_world, "a wait that is no number of seconds is "
                                 "refused") {
  for (auto wait : {"", "soon", "-1", "nan", "inf", "1s", "604801", "1e9"}) {
    CAPTURE(wait);
    auto answer = post(
        "/control/agents/alpha/dispatch?wait=" + std::string{wait}, some_task);
    CHECK(answer.status == 422);
    CHECK(parsed(answer.body)["detail"][0]["msg"]
          == "Input should be a number of seconds from 0 to a week");
    CHECK(parsed(answer.body)["detail"][0]["loc"] == json{"query", "wait"});
  }
  CHECK(link.socket->take_sent().empty());
}

TEST_CASE_FIXTURE(waiting_world, "a wait may be in the body") {
  std::string path = "/control/agents/alpha/dispatch";
  std::string more;
  SUBCASE("of a dispatch") {}
  SUBCASE("and in the query as well") {
    path += "?wait=30";
  }
  SUBCASE("of a follow-up") {
    post(path, some_task);
    REQUIRE(link.socket->take_sent().size() == 1);
    http->answers.clear();
    path = "/control/agents/alpha/followup";
  }
  SUBCASE("of a dispatch whose path names no agent") {
    path = "/control/dispatch";
    more = R"(,"agent_id":"alpha")";
  }
  ask_http("POST", path, R"({"content":"do it","wait":30.0)" + more + "}");
  run();
  auto frames = link.socket->take_sent();
  REQUIRE(frames.size() == 1);
  CHECK(http->answers.empty());
  link.socket->peer_sends(
      response_frame("alpha", parsed(frames[0])["message_id"], "done"));
  CHECK(answer_body()["content"] == "done");
}

TEST_CASE_FIXTURE(waiting_world, "a wrong wait in the body is refused: 422") {
  for (auto wait : {R"("x")", "-1", "604801", "true"}) {
    CAPTURE(wait);
    auto answer =
        post("/control/agents/alpha/dispatch",
             R"({"content":"do it","wait":)" + std::string{wait} + "}");
    CHECK(answer.status == 422);
    CHECK(parsed(answer.body)["detail"][0]["loc"] == json{"body", "wait"});
  }
  CHECK(link.socket->take_sent().empty());
}

TEST_CASE_FIXTURE(waiting_world, "of two waits in one request, neither "
                                 "applies: 422") {
  auto answer = post("/control/agents/alpha/dispatch?wait=1",
                     R"({"content":"do it","wait":2})");
  CHECK(answer.status == 422);
  CHECK(parsed(answer.body)["detail"][0]["msg"]
        == "wait differs from the member wait of the body; send only one of "
           "them");
  CHECK(link.socket->take_sent().empty());
}

TEST_CASE_FIXTURE(waiting_world, "a wait of nothing is answered at once") {
  dispatch_and_wait("0");
  pass(1ms, 1ms);
  CHECK(answer_body()["status"] == "dispatched");
  CHECK(last_answer().status == 202);
}

TEST_CASE_FIXTURE(waiting_world, "a wait that is over before the dispatch is "
                                 "begun does not hide that it was refused") {
  ask_http("POST", "/control/agents/nobody/dispatch?wait=0", some_task);
  skip(1ms);
  thread().deadlines.run_due();
  run();
  REQUIRE(http->answers.size() == 1);
  CHECK(last_answer().status == 404);
}

TEST_CASE_FIXTURE(waiting_world, "a client that stops waiting does not stop "
                                 "the task") {
  dispatch_and_wait("30");
  http->peer_leaves();
  aut = nullptr;
  run();
  CHECK(state_of<agent_state>(link.aut).pending.size() == 1);
  link.socket->peer_sends(response_frame("alpha", id, "done"));
  run();
  CHECK(http->answers.empty());
  CHECK(context().counts.responses.value() == 1);
}
