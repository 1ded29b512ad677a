#include "actors/audit_fixture.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

// What the audit log contains: "The audit log" in docs/protocol.md.

namespace {

struct failures_world : audit_world {
  failures_world() : audit_world(audit_level::failures) {}
};

const std::string dispatch_path = "/control/agents/alpha/dispatch";

} // namespace

// -- who comes and goes -------------------------------------------------------

TEST_CASE_FIXTURE(audit_world, "a bridge that registers is audited, with its "
                               "address and its session") {
  auto link = enter("alpha");
  CHECK(events() == "auth_success agent_connected");
  auto auth = last("auth_success");
  CHECK(auth["result"] == "success");
  CHECK(auth["agent_id"] == "alpha");
  CHECK(auth["ip"] == "192.0.2.7");
  CHECK(auth["metadata"]["gate"] == "bridge");
  CHECK(auth["metadata"]["path"] == "/ws/agent-bridge");
  CHECK(auth["session_id"] == last("agent_connected")["session_id"]);
  CHECK(last("agent_connected")["metadata"]["incarnation"] == 1);
  CHECK(last("agent_connected")["metadata"]["workdir"] == nullptr);
}

TEST_CASE_FIXTURE(audit_world, "a bridge with a wrong token is audited as a "
                               "failure, and the token is not") {
  auto link = connect();
  link.socket->peer_sends(
      register_frame("alpha", {{"auth_token", "a-guessed-secret"}}));
  run();
  CHECK(events() == "auth_failure");
  auto line = last("auth_failure");
  CHECK(line["result"] == "failure");
  CHECK(line["agent_id"] == "alpha");
  CHECK(line["ip"] == "192.0.2.7");
  CHECK(line["metadata"]["reason"] == "invalid_token");
  CHECK(files.text().find("a-guessed-secret") == std::string::npos);
  CHECK(files.text().find(test_token) == std::string::npos);
}

TEST_CASE_FIXTURE(audit_world, "what claims to be an agent id and is none is "
                               "not audited: it may be a secret") {
  auto link = connect();
  link.socket->peer_sends(
      register_frame("s3cret in the wrong place", {{"auth_token", "x"}}));
  run();
  CHECK_FALSE(last("auth_failure").contains("agent_id"));
}

TEST_CASE_FIXTURE(audit_world, "an agent that leaves is audited with the "
                               "reason") {
  auto link = enter("alpha");
  link.socket->end();
  run();
  auto line = last("agent_disconnected");
  CHECK(line["agent_id"] == "alpha");
  CHECK(line["result"] == "success");
  CHECK(line["metadata"]["reason"] == "agent_lost");
  CHECK_FALSE(line["metadata"].contains("refused_results"));
  CHECK_FALSE(line["metadata"].contains("detail"));
}

TEST_CASE_FIXTURE(audit_world, "an agent that leaves is audited with its own "
                               "close code and text") {
  auto link = enter("alpha");
  link.socket->end(errc::peer_closed, "closed by peer with 4321 no memory");
  run();
  auto line = last("agent_disconnected");
  CHECK(line["metadata"]["reason"] == "agent_lost");
  CHECK(line["metadata"]["detail"] == "closed by peer with 4321 no memory");
}

TEST_CASE_FIXTURE(audit_world, "an agent that falls silent is audited as a "
                               "failure, and then as gone") {
  auto link = enter("alpha");
  pass(80s);
  CHECK(events()
        == "auth_success agent_connected agent_timeout agent_disconnected");
  auto line = last("agent_timeout");
  CHECK(line["result"] == "failure");
  CHECK(line["ip"] == "192.0.2.7");
  CHECK(line["metadata"]["timeout_s"] == 75.0);
  CHECK(line["metadata"]["reason"] == "heartbeat_timeout");
  CHECK(last("agent_disconnected")["metadata"]["reason"]
        == "heartbeat_timeout");
}

TEST_CASE_FIXTURE(audit_world, "a client that is refused is audited, with its "
                               "address") {
  fake_request request;
  request.path = "/control/agents?token=a-guessed-secret";
  std::ignore = send(request);
  request.path = "/control/agents";
  std::ignore = send(request);
  REQUIRE(lines().size() == 2);
  CHECK(lines()[0]["metadata"]["reason"] == "invalid_token");
  CHECK(lines()[1]["metadata"]["reason"] == "missing_token");
  CHECK(lines()[1]["metadata"]["gate"] == "http");
  CHECK(lines()[1]["metadata"]["method"] == "GET");
  // Of the first one without its query, which has a token.
  CHECK(lines()[0]["metadata"]["path"] == "/control/agents");
  CHECK(lines()[1]["ip"] == "192.0.2.1");
  CHECK(files.text().find("a-guessed-secret") == std::string::npos);
}

TEST_CASE_FIXTURE(audit_world, "a client without a token cannot push evidence "
                               "out of the log") {
  fake_request request;
  request.path = "/control/agents";
  for (auto i = 0; i < 150; ++i)
    CHECK(send(request).status == 401);
  CHECK(lines().size() == 20);
  pass(59s);
  CHECK(lines().size() == 20);
  pass(6s);
  CHECK(lines().size() == 21);
  auto line = last("auth_failure");
  CHECK(line["result"] == "failure");
  CHECK(line["ip"] == "192.0.2.1");
  CHECK(line["metadata"]
        == json{{"gate", "http"},
                {"reason", "missing_token"},
                {"suppressed", 130}});
  pass(60s);
  CHECK(lines().size() == 21);
}

TEST_CASE_FIXTURE(audit_world, "refusals that were not written are told of at "
                               "the end") {
  fake_request request;
  request.path = "/control/agents";
  for (auto i = 0; i < 25; ++i)
    CHECK(send(request).status == 401);
  stop_trail();
  CHECK(lines().size() == 21);
  CHECK(last("auth_failure")["metadata"]["suppressed"] == 5);
}

TEST_CASE_FIXTURE(audit_world, "polls are counted and not audited; requests "
                               "that change something are audited") {
  for (auto i = 0; i < 5; ++i)
    CHECK(get("/control/agents").status == 200);
  CHECK(events() == "");
  CHECK(context().counts.polls.value() == 5);
  CHECK(post(dispatch_path, R"({"content":"x"})").status == 404);
  CHECK(events() == "auth_success");
  CHECK(context().counts.polls.value() == 5);
}

TEST_CASE_FIXTURE(audit_world, "a program that opens its socket is audited") {
  fake_request request;
  request.path = "/ws/control";
  request.upgrade = true;
  request.headers["authorization"] = "Bearer " + test_token;
  http->peer_asks(request);
  run();
  CHECK(events() == "auth_success");
  CHECK(last("auth_success")["metadata"]["gate"] == "control_socket");
}

// -- what they do -------------------------------------------------------------

TEST_CASE_FIXTURE(audit_world, "a dispatch is audited with who sent it and the "
                               "first 100 characters of the task") {
  auto link = enter("alpha");
  std::string umlauts;
  for (auto i = 0; i < 150; ++i)
    umlauts += "ä";
  auto answer = post(dispatch_path, json{{"content", umlauts}}.dump());
  REQUIRE(answer.status == 200);
  auto line = last("task_dispatched");
  CHECK(line["agent_id"] == "alpha");
  CHECK(line["session_id"] == "control");
  CHECK(line["ip"] == "192.0.2.1");
  CHECK(line["metadata"]["message_id"] == parsed(answer.body)["message_id"]);
  CHECK(line["metadata"]["content_preview"] == umlauts.substr(0, 200));
}

// Contract section 6, number 5.

TEST_CASE_FIXTURE(audit_world, "a forged result is audited, with whom it "
                               "claimed to be from") {
  auto link = enter("alpha");
  std::ignore = dispatch(make_task("alpha", "m-1"));
  link.socket->peer_sends(response_frame("beta", "m-1", "forged"));
  run();
  auto line = last("result_refused");
  CHECK(line["result"] == "failure");
  CHECK(line["agent_id"] == "alpha");
  CHECK(line["metadata"]["reason"] == "forged_result");
  CHECK(line["metadata"]["claimed_agent_id"] == "beta");
  CHECK(line["metadata"]["message_id"] == "m-1");
}

TEST_CASE_FIXTURE(audit_world, "a result that nobody waits for is audited") {
  auto link = enter("alpha");
  link.socket->peer_sends(response_frame("alpha", "m-9", "surprise"));
  link.socket->peer_sends(progress_frame("alpha", "m-8", "working"));
  run();
  auto line = last("result_refused");
  CHECK(line["metadata"]["reason"] == "unknown_message");
  CHECK(line["metadata"]["message_id"] == "m-8");
  CHECK_FALSE(line["metadata"].contains("claimed_agent_id"));
}

TEST_CASE_FIXTURE(audit_world, "a bridge that forges without end cannot push "
                               "evidence out of the log") {
  auto link = enter("alpha");
  for (auto i = 0; i < 150; ++i) {
    link.socket->peer_sends(heartbeat_frame("beta"));
    run();
  }
  CHECK(lines().size() == 102);
  link.socket->end();
  run();
  CHECK(last("agent_disconnected")["metadata"]["refused_results"] == 150);
}

// -- what it costs ------------------------------------------------------------

TEST_CASE_FIXTURE(audit_world, "follow-ups, costs and refusals over limits "
                               "have their lines") {
  std::optional last_one{message_id{"m-1"}};
  auto next = make_task("alpha", "m-2");
  tell(context(), fact::dispatch_started{alpha, next->task, last_one, client});
  admission::settlement cost;
  cost.cost = micro_usd::from_usd(0.25);
  cost.session_total = micro_usd::from_usd(1.5);
  cost.daily_total = micro_usd::from_usd(2);
  tell(context(), fact::cost_recorded{alpha, order->task.session,
                                      order->task.message, cost});
  admission_refusal refusal;
  auto& costs = refusal.costs;
  costs.session = {micro_usd::from_usd(5), micro_usd::from_usd(4), {}, false};
  costs.daily = {micro_usd::from_usd(6), micro_usd::from_usd(10), {}, false};
  tell(context(),
       fact::cost_limit_reached{alpha, order->task, client, refusal});
  refusal.rates.agent.limit = 10;
  refusal.rates.ip.limit = 50;
  tell(context(),
       fact::rate_limit_reached{alpha, order->task, client, refusal, {}});
  run();
  CHECK(last("task_followup")["metadata"]["followup_to"] == "m-1");
  CHECK(last("task_followup")["metadata"]["content_preview"] == "do it");
  // The replaced server's names.
  CHECK(last("task_cost_recorded")["metadata"]
        == json{{"message_id", "m-1"},
                {"cost_added", 0.25},
                {"session_total", 1.5},
                {"daily_total", 2.0}});
  CHECK(last("cost_limit_exceeded")["metadata"]
        == json{{"session_cost_usd", 5.0},
                {"session_limit_usd", 4.0},
                {"daily_cost_usd", 6.0},
                {"daily_limit_usd", 10.0}});
  CHECK(last("rate_limit_exceeded")["metadata"]
        == json{{"agent_limit", 10}, {"ip_limit", 50}, {"window", "ip"}});
  CHECK(last("cost_limit_exceeded")["result"] == "failure");
  CHECK(last("cost_limit_exceeded")["token"] == "ci");
  CHECK(last("rate_limit_exceeded")["result"] == "failure");
}

// -- level --------------------------------------------------------------------

TEST_CASE_FIXTURE(failures_world, "at the level warning only failures are "
                                  "audited") {
  auto link = enter("alpha");
  std::ignore = dispatch(make_task("alpha", "m-1"));
  link.socket->peer_sends(response_frame("beta", "m-1", "forged"));
  run();
  fake_request request;
  request.path = "/control/agents";
  std::ignore = send(request);
  tell(context(), fact::cost_limit_reached{alpha, order->task, client, {}});
  pass(80s);
  CHECK(events()
        == "result_refused auth_failure cost_limit_exceeded agent_timeout");
}

// -- two bridges, absurd costs, resets ----------------------------------------

TEST_CASE_FIXTURE(audit_world, "two bridges with one id are audited with both "
                               "addresses") {
  std::vector<bridge> links;
  for (auto i = 0; i < 3; ++i)
    links.push_back(enter("alpha"));
  auto rival = connect();
  rival.socket->peer_sends(register_frame("alpha"));
  pass(4s, 100ms);
  auto line = last("agent_conflict");
  CHECK(line["result"] == "failure");
  CHECK(line["agent_id"] == "alpha");
  CHECK(line["ip"] == "192.0.2.7");
  CHECK(line["metadata"]
        == json{{"standing_ip", "192.0.2.7"},
                {"newcomer_ip", "192.0.2.7"},
                {"kept", "newcomer"}});
}

TEST_CASE_FIXTURE(audit_world, "a cost that is not believed is audited") {
  context().admissions->change_limits(
      {0, 0, {}, micro_usd::from_usd(0.5), micro_usd::from_usd(100)});
  auto link = enter("alpha");
  auto task = dispatch(make_task("alpha", "m-1"));
  auto frame = parsed(response_frame("alpha", "m-1", "done"));
  frame["usage"] = {{"cost_usd", 1e300}, {"total_tokens", 1000}};
  link.socket->peer_sends(frame.dump());
  run();
  auto line = last("task_cost_implausible");
  CHECK(line["result"] == "failure");
  CHECK(line["metadata"]
        == json{
            {"message_id", "m-1"}, {"reported_usd", 1e300}, {"cost_usd", 0.5}});
  CHECK(last("task_cost_recorded")["metadata"]["cost_added"] == 0.5);
}

TEST_CASE_FIXTURE(audit_world, "a reset of costs is audited") {
  CHECK(post("/control/context/reset", "").status == 200);
  auto line = last("session_costs_reset");
  CHECK(line["token"] == "(plain)");
  CHECK(line["session_id"] == "control");
  CHECK(line["metadata"] == json{{"session_total_usd", 0}});
}

TEST_CASE_FIXTURE(audit_world, "an agent that somebody has forgotten is "
                               "audited") {
  auto link = enter("alpha");
  link.socket->end();
  link.aut = nullptr;
  run();
  ask_http("DELETE", "/control/agents/alpha");
  run();
  CHECK(last_answer().status == 200);
  CHECK(last("agent_forgotten")["agent_id"] == "alpha");
  CHECK(last("agent_forgotten")["ip"] == "192.0.2.1");
}

TEST_CASE_FIXTURE(audit_world, "a response that cannot be read is audited") {
  auto link = enter("alpha");
  auto task = dispatch(make_task("alpha", "m-1"));
  link.socket->peer_sends(R"({"type":"response","agent_id":"alpha",)"
                          R"("message_id":"m-1","content":null})");
  run();
  CHECK(last("result_refused")["metadata"]
        == json{{"reason", "unreadable_response"}, {"message_id", "m-1"}});
}
