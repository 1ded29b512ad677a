#include "api/control_fixture.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

const std::string some_task = R"({"content":"do it"})";

} // namespace

TEST_CASE_FIXTURE(control_world, "POST …/dispatch sends a task on its way") {
  auto link = enter("alpha");
  auto answer = post(to_alpha, R"({"content":" do it ","context":{"a":1}})");
  CHECK(answer.status == 200);
  auto body = parsed(answer.body);
  auto id = body["message_id"].get<std::string>();
  CHECK(id.size() == 36);
  CHECK(body
        == json{{"agent_id", "alpha"},
                {"message_id", id},
                {"status", "dispatched"},
                {"message", "Task dispatched"}});
  auto frames = link.socket->take_sent();
  REQUIRE(frames.size() == 1);
  CHECK(parsed(frames[0])
        == json{{"type", "dispatch"},
                {"message_id", id},
                {"agent_id", "alpha"},
                {"content", "do it"},
                {"context", {{"a", 1}}},
                {"session_id", "control"}});
}

TEST_CASE_FIXTURE(control_world, "a dispatch that was answered for goes on "
                                 "without its connection") {
  auto link = enter("alpha");
  auto id =
      parsed(post(to_alpha, some_task).body)["message_id"].get<std::string>();
  http->peer_leaves();
  link.socket->peer_sends(response_frame("alpha", id, "done"));
  run();
  auto record = answer<dispatch_record>(context().core.events, record_atom_v,
                                        message_id{id});
  CHECK(record.value.value().result->content == "done");
}

TEST_CASE_FIXTURE(control_world, "a connection may dispatch again while its "
                                 "last task is under way") {
  auto link = enter("alpha");
  auto one = parsed(post(to_alpha, some_task).body)["message_id"];
  auto two = parsed(post(to_alpha, some_task).body)["message_id"];
  CHECK(one != two);
  link.socket->peer_sends(response_frame("alpha", one, "late"));
  run();
  CHECK(http->answers.size() == 2);
}

// Contract section 2: the order of checks.

TEST_CASE_FIXTURE(control_world, "a body that is not valid comes first: 422") {
  for (auto body :
       {"", "no JSON", "[]", "{}", R"({"content":7})",
        R"({"content":"x","context":"y"})", R"({"content":"x","timeout_s":0})",
        R"({"content":"x","timeout_s":"soon"})"}) {
    CAPTURE(body);
    auto answer = post("/control/agents/not_an_id/dispatch", body);
    CHECK(answer.status == 422);
    auto detail = parsed(answer.body).at("detail");
    REQUIRE(detail.is_array());
    for (auto key : {"type", "loc", "msg", "input"})
      CHECK(detail[0].contains(key));
    CHECK(detail[0]["loc"][0] == "body");
  }
}

TEST_CASE_FIXTURE(control_world, "then the agent's id: 400") {
  auto answer = post("/control/agents/not_an_id/dispatch", R"({"content":""})");
  CHECK(answer.status == 400);
  CHECK(detail_of(answer).starts_with("Invalid agent_id format."));
}

TEST_CASE_FIXTURE(control_world, "then the content: 400") {
  auto answer =
      post("/control/agents/nobody/dispatch", R"({"content":" \n\u0000"})");
  CHECK(answer.status == 400);
  CHECK(detail_of(answer) == "content must not be empty");
  answer = post("/control/agents/nobody/dispatch",
                json{{"content", std::string(10'001, 'x')}}.dump());
  CHECK(answer.status == 400);
  CHECK(detail_of(answer) == "content must be <= 10000 characters");
}

TEST_CASE_FIXTURE(control_world, "then whether there is such an agent: 404, "
                                 "and whether it is connected: 409") {
  auto answer = post("/control/agents/nobody/dispatch", some_task);
  CHECK(answer.status == 404);
  CHECK(detail_of(answer) == "Agent not found");
  auto link = enter("alpha");
  link.socket->end();
  answer = post(to_alpha, some_task);
  CHECK(answer.status == 409);
  CHECK(detail_of(answer) == "Agent is not connected");
}

TEST_CASE_FIXTURE(control_world, "a task no bridge would read is refused: "
                                 "413") {
  context().control.max_content = 2'000'000;
  auto link = enter("alpha");
  auto answer =
      post(to_alpha, json{{"content", std::string(1024 * 1024, 'x')}}.dump());
  CHECK(answer.status == 413);
  CHECK(link.socket->take_sent().empty());
}

TEST_CASE_FIXTURE(control_world, "an agent that has too much to do is no fault "
                                 "of the client's: 503") {
  context().agent.max_pending = 1;
  auto link = enter("alpha");
  CHECK(post(to_alpha, some_task).status == 200);
  auto answer = post(to_alpha, some_task);
  CHECK(answer.status == 503);
  CHECK(header_of(answer, "retry-after") == "1");
}

TEST_CASE_FIXTURE(control_world, "at the daemon's end no task is taken: 503") {
  auto link = enter("alpha");
  context().draining = true;
  auto answer = post(to_alpha, some_task);
  CHECK(answer.status == 503);
  CHECK(detail_of(answer) == "Bridgekeeper is shutting down");
  CHECK(get("/control/agents").status == 200);
}

// -- when the registry dies ---------------------------------------------------

TEST_CASE_FIXTURE(control_world, "a dispatch that the registry died over is "
                                 "brought to the next one, and done once") {
  auto link = enter("alpha");
  kill("registry");
  ask_http("POST", to_alpha, some_task);
  pass(1s, 10ms);
  REQUIRE(http->answers.size() == 1);
  CHECK(last_answer().status == 200);
  CHECK(link.socket->take_sent().size() == 1);
}

TEST_CASE_FIXTURE(control_world, "a dispatch over which its agent dies is "
                                 "answered, waited for or not") {
  std::string wait;
  SUBCASE("waited for") {
    wait = "?wait=30";
  }
  SUBCASE("not waited for") {}
  auto link = enter("alpha");
  link.socket->broken = true;
  auto answer = post(to_alpha + wait, some_task);
  CHECK(answer.status == 500);
}

TEST_CASE_FIXTURE(control_world, "a dispatch without any registry fails in the "
                                 "end") {
  auto link = enter("alpha");
  supervisor_options options;
  kill("registry");
  // Nobody is told of the successor.
  auto dead = context().core;
  thread().run_once();
  context().core = dead;
  // An agent that is not on this thread, so that the registry must be asked.
  ask_http("POST", "/control/agents/beta/dispatch", some_task);
  for (int i = 0; i < 200 && http->answers.empty(); ++i) {
    pass(10ms, 10ms);
    context().core = dead;
  }
  REQUIRE(http->answers.size() == 1);
  CHECK(last_answer().status == 503);
  CHECK(detail_of(last_answer()) == "Bridgekeeper is not ready");
  kill_and_recover("registry");
}
