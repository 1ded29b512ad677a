#include "api/control_fixture.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

// Contract section 3. The responses of each route are tested against the
// binary, in tests/e2e/test_http_contract.py and test_endpoints_*.py.

TEST_CASE_FIXTURE(control_world, "GET /control/agents lists who was ever "
                                 "connected") {
  CHECK(parsed(get("/control/agents").body)
        == json{{"agents", json::array()}, {"total", 0}});
  auto b = enter("b");
  auto a = enter("a");
  b.socket->end();
  auto body = parsed(get("/control/agents").body);
  CHECK(body["total"] == 2);
  CHECK(body["agents"][0]["agent_id"] == "b");
  CHECK(body["agents"][0]["status"] == "disconnected");
  CHECK(body["agents"][1]["agent_id"] == "a");
  CHECK(body["agents"][1]["status"] == "connected");
  CHECK(body["agents"][1]["name"] == "a");
  CHECK(body["agents"][1]["endpoint_url"] == "");
}

TEST_CASE_FIXTURE(control_world, "GET /control/agents/{id} shows one agent") {
  auto link = enter("alpha");
  auto answer = get("/control/agents/alpha");
  CHECK(answer.status == 200);
  CHECK(parsed(answer.body)["agent"]["agent_id"] == "alpha");
}

TEST_CASE_FIXTURE(control_world, "POST …/cordon, …/drain and …/uncordon answer "
                                 "with the agent") {
  auto link = enter("alpha");
  auto cordoned = [this](const std::string& what) {
    auto answer = post("/control/agents/alpha/" + what, "");
    CHECK(answer.status == 200);
    return parsed(answer.body)["agent"]["cordoned"].get<bool>();
  };
  CHECK(cordoned("cordon"));
  CHECK(parsed(get("/control/agents").body)["agents"][0]["cordoned"] == true);
  CHECK_FALSE(cordoned("uncordon"));
  CHECK(cordoned("drain"));
  CHECK(link.socket->closed);
  CHECK(parsed(get("/control/agents/alpha").body)["agent"]["status"]
        == "disconnected");
  CHECK(post("/control/agents/nobody/cordon", "").status == 404);
  CHECK(post("/control/agents/not_an_id/cordon", "").status == 400);
}

TEST_CASE_FIXTURE(control_world, "POST /control/agents/cordon and its like are "
                                 "about all agents") {
  auto a = enter("a");
  auto b = enter("b");
  auto all = [this](const std::string& what) {
    auto body = parsed(post("/control/agents/" + what, "").body);
    return body["status"].get<std::string>() + ' ' + body["agents"].dump();
  };
  CHECK(all("cordon") == "cordoned 2");
  CHECK(all("cordon") == "cordoned 0");
  CHECK(all("uncordon") == "uncordoned 2");
  CHECK(all("drain") == "draining 2");
  CHECK(a.socket->closed);
  CHECK(b.socket->closed);
}

TEST_CASE_FIXTURE(control_world, "GET …/task tells what an agent works on") {
  auto link = enter("alpha");
  auto task = [this] { return parsed(get("/control/agents/alpha/task").body); };
  CHECK(task()
        == json{{"agent_id", "alpha"},
                {"status", "idle"},
                {"message_id", nullptr},
                {"error", nullptr}});
  auto one = dispatch(make_task("alpha", "m-1"));
  CHECK(task()["status"] == "dispatched");
  link.socket->peer_sends(progress_frame("alpha", "m-1", "completed"));
  CHECK(task()["status"] == "running");
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  CHECK(task()["status"] == "completed");
  auto two = dispatch(make_task("alpha", "m-2"));
  link.socket->peer_sends(failed_frame("alpha", "m-2", "disk full"));
  CHECK(task()
        == json{{"agent_id", "alpha"},
                {"status", "error"},
                {"message_id", "m-2"},
                {"error", "disk full"}});
}

TEST_CASE_FIXTURE(control_world, "GET /control/dispatches/{id} tells what "
                                 "became of one") {
  auto link = enter("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  auto record = parsed(get("/control/dispatches/m-1").body);
  CHECK(record["status"] == "dispatched");
  CHECK(record["agent_id"] == "alpha");
  CHECK(record["timings"]["finished_at"].is_null());
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  record = parsed(get("/control/dispatches/m-1").body);
  CHECK(record["status"] == "completed");
  CHECK(record["content"] == "done");
  auto unknown = get("/control/dispatches/m-2");
  CHECK(unknown.status == 404);
  CHECK(detail_of(unknown) == "Dispatch not found");
}

TEST_CASE_FIXTURE(control_world, "GET /ws/agent-bridge/status counts who is "
                                 "connected") {
  auto a = enter("a");
  auto b = enter("b");
  b.socket->end();
  auto body = parsed(get("/ws/agent-bridge/status").body);
  CHECK(body["connected_count"] == 1);
  REQUIRE(body["agents"].size() == 1);
  CHECK(body["agents"][0]["agent_id"] == "a");
  CHECK(body["agents"][0].contains("session_id"));
}

TEST_CASE_FIXTURE(control_world, "HEAD of a stream starts no stream") {
  auto link = enter("alpha");
  ask_http("HEAD", "/control/agents/alpha/events");
  run();
  CHECK(last_answer().status == 200);
  CHECK_FALSE(last_answer().has_length);
  CHECK_FALSE(http->streaming);
  CHECK(context().counts.polls.value() == 1);
}

TEST_CASE_FIXTURE(control_world, "a connection serves one request after the "
                                 "other until it ends") {
  for (int i = 0; i < 100; ++i)
    CHECK(get("/control/agents").status == 200);
  CHECK(context().counts.http_requests.value() == 100);
  http->peer_leaves();
  aut = nullptr;
  run();
  CHECK(count("control-session") == 0);
}

TEST_CASE_FIXTURE(control_world, "a client that leaves before its answer is "
                                 "not answered") {
  auto link = enter("alpha");
  ask_http("GET", "/control/agents/alpha/task");
  http->peer_leaves();
  aut = nullptr;
  run();
  CHECK(http->answers.empty());
  CHECK(count("control-session") == 0);
}

TEST_CASE_FIXTURE(control_world, "a question that a core actor died over is "
                                 "asked again") {
  auto link = enter("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  std::string path;
  SUBCASE("about all agents") {
    path = "/control/agents";
    kill("registry");
  }
  SUBCASE("about one agent") {
    path = "/control/agents/alpha";
    kill("registry");
  }
  SUBCASE("about its task") {
    path = "/control/agents/alpha/task";
    kill("registry");
  }
  SUBCASE("about its task, of which the hub knows") {
    path = "/control/agents/alpha/task";
    kill("event-hub");
  }
  SUBCASE("about a dispatch") {
    path = "/control/dispatches/m-1";
    kill("event-hub");
  }
  SUBCASE("about events") {
    path = "/control/agents/alpha/events";
    kill("registry");
  }
  ask_http("GET", path);
  pass(1s, 10ms);
  REQUIRE(http->answers.size() == 1);
  CHECK(last_answer().status == 200);
}

TEST_CASE_FIXTURE(control_world, "a question is answered once, however often "
                                 "core actors die meanwhile") {
  auto link = enter("alpha");
  ask_http("GET", "/control/agents/alpha/task");
  for (auto victim : {"event-hub", "registry", "event-hub", "registry"}) {
    kill(victim);
    for (int i = 0; i < 3; ++i)
      thread().run_once();
  }
  run();
  CHECK(http->answers.size() == 1);
  CHECK(get("/control/agents").status == 200);
}

// -- parts of the list, and forgetting ----------------------------------------

TEST_CASE_FIXTURE(control_world, "GET /control/agents takes limit, after and "
                                 "status") {
  std::vector<bridge> links;
  for (auto id : {"a", "b", "c", "d"})
    links.push_back(enter(id));
  links[1].socket->end();
  run();
  auto ids = [this](const std::string& query) {
    auto body = parsed(get("/control/agents" + query).body);
    std::string out;
    for (const auto& x : body["agents"])
      out += x["agent_id"].get<std::string>();
    return out + " of " + body["total"].dump()
           + (body.contains("next") ? " next " + body["next"].dump() : "");
  };
  CHECK(ids("") == "abcd of 4");
  CHECK(ids("?other=1") == "abcd of 4");
  CHECK(ids("?limit=2") == "ab of 4 next \"b\"");
  CHECK(ids("?limit=2&after=b") == "cd of 4 next null");
  CHECK(ids("?status=connected") == "acd of 3 next null");
  CHECK(ids("?status=disconnected") == "b of 1 next null");
  CHECK(ids("?status=connected&limit=1&after=a") == "c of 3 next \"c\"");
  auto unknown = get("/control/agents?after=x");
  CHECK(unknown.status == 404);
  CHECK(detail_of(unknown) == "Agent not found");
  for (auto query : {"?limit=0", "?limit=-1", "?limit=x", "?limit=",
                     "?limit=99999999999999999999", "?status=", "?status=x"}) {
    CAPTURE(query);
    auto answer = get("/control/agents" + std::string{query});
    CHECK(answer.status == 422);
    CHECK(parsed(answer.body)["detail"].size() == 1);
  }
}

TEST_CASE_FIXTURE(control_world, "DELETE /control/agents/{id} forgets an agent "
                                 "that is away") {
  auto link = enter("alpha");
  auto forget = [this](const std::string& id) {
    fake_request request;
    request.verb = "DELETE";
    request.path = "/control/agents/" + id;
    request.headers["authorization"] = "Bearer " + test_token;
    return send(request);
  };
  auto refused = forget("alpha");
  CHECK(refused.status == 409);
  CHECK(detail_of(refused) == "Agent is connected");
  link.socket->end();
  link.aut = nullptr;
  run();
  auto answer = forget("alpha");
  CHECK(answer.status == 200);
  CHECK(parsed(answer.body)
        == json{{"agent_id", "alpha"}, {"status", "forgotten"}});
  CHECK(forget("alpha").status == 404);
  CHECK(forget("a_b").status == 400);
  CHECK(get("/control/agents/alpha").status == 404);
}

TEST_CASE_FIXTURE(control_world, "POST /control/context/reset lets session "
                                 "spending start again") {
  context().admissions->change_limits(
      {0, 0, {micro_usd::from_usd(1), {}, {}, 0.8}, {}});
  auto link = enter("alpha");
  auto task = dispatch(make_task("alpha", "m-1"));
  auto frame = parsed(response_frame("alpha", "m-1", "done"));
  frame["usage"] = {{"cost_usd", 1.5}};
  link.socket->peer_sends(frame.dump());
  run();
  auto refused = post("/control/agents/alpha/dispatch", R"({"content":"x"})");
  CHECK(refused.status == 402);
  CHECK(detail_of(refused)
        == "Cost limit exceeded. Session: $1.50 / $1.00, Daily: $1.50 / "
           "$0.00");
  CHECK(parsed(refused.body)["hint"].get<std::string>().find(
            "POST /control/context/reset")
        != std::string::npos);
  auto reset = post("/control/context/reset", "");
  CHECK(reset.status == 200);
  CHECK(reset.body == get("/control/context").body);
  CHECK(parsed(reset.body)["session_cost_usd"] == 0);
  CHECK(parsed(reset.body)["daily_cost_usd"] == 1.5);
  ask_http("POST", "/control/agents/alpha/dispatch", R"({"content":"x"})");
  run();
  CHECK(last_answer().status == 200);
}

TEST_CASE_FIXTURE(control_world, "a session that a client opens is no "
                                 "bridge's") {
  std::string opened =
      parsed(post("/control/sessions", "{}").body)["session_id"];
  auto link = connect();
  link.socket->peer_sends(
      register_frame("alpha", {{"metadata", {{"session_id", opened}}}}));
  run();
  CHECK(view("alpha").announced->session->str() != opened);
}
