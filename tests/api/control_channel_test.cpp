#include "api/channel_fixture.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

struct channel_and_bridge : channel_world {
  bridge link = enter("alpha");

  json order(const std::string& id, json more = json::object()) {
    json out = {{"type", "dispatch"},
                {"id", id},
                {"agent_id", "alpha"},
                {"content", "do it"}};
    out.update(more);
    return out;
  }

  /// The message id of the dispatch that reached the bridge last.
  std::string message() {
    return parsed(link.socket->sent.back())["message_id"];
  }
};

} // namespace

TEST_CASE_FIXTURE(channel_and_bridge, "a dispatch is accepted, reported on and "
                                      "answered under its own id") {
  say(order("q-1", {{"context", {{"a", 1}}}}));
  auto id = message();
  CHECK(heard()
        == std::vector<json>{{{"type", "accepted"},
                              {"id", "q-1"},
                              {"message_id", id},
                              {"agent_id", "alpha"}}});
  CHECK(parsed(link.socket->sent.back())["context"] == json{{"a", 1}});
  link.socket->peer_sends(progress_frame("alpha", id, "working", "50 %"));
  run();
  CHECK(heard()
        == std::vector<json>{{{"type", "progress"},
                              {"id", "q-1"},
                              {"message_id", id},
                              {"agent_id", "alpha"},
                              {"status", "working"},
                              {"progress_text", "50 %"},
                              {"metadata", json::object()}}});
  pass(2s);
  link.socket->peer_sends(response_frame("alpha", id, "done"));
  run();
  CHECK(heard()
        == std::vector<json>{{{"type", "response"},
                              {"id", "q-1"},
                              {"message_id", id},
                              {"agent_id", "alpha"},
                              {"content", "done"},
                              {"usage", json::object()},
                              {"error", nullptr},
                              {"duration_s", 2.0}}});
  CHECK(state_of<control_channel_state>(aut).dispatches.empty());
}

TEST_CASE_FIXTURE(channel_and_bridge, "acceptance, progress and response keep "
                                      "their order when all come at once") {
  socket->peer_sends(order("q-1").dump());
  while (link.socket->sent.size() < 2)
    REQUIRE(thread().run_once());
  link.socket->peer_sends(progress_frame("alpha", message(), "working"));
  link.socket->peer_sends(response_frame("alpha", message(), "done"));
  run();
  CHECK(heard_types() == "accepted progress response ");
}

TEST_CASE_FIXTURE(channel_and_bridge, "a quiet dispatch hears the outcome "
                                      "alone") {
  say(order("q-1", {{"quiet", true}}));
  link.socket->peer_sends(progress_frame("alpha", message(), "working"));
  link.socket->peer_sends(response_frame("alpha", message(), "done"));
  run();
  CHECK(heard_types() == "response ");
}

TEST_CASE_FIXTURE(channel_and_bridge, "many dispatches are under way at once "
                                      "and end in any order") {
  say(order("q-1", {{"quiet", true}}));
  auto first = message();
  say(order("q-2", {{"quiet", true}}));
  link.socket->peer_sends(response_frame("alpha", message(), "two"));
  link.socket->peer_sends(response_frame("alpha", first, "one"));
  run();
  auto answers = heard();
  REQUIRE(answers.size() == 2);
  CHECK(answers[0]["id"] == "q-2");
  CHECK(answers[1]["id"] == "q-1");
  CHECK(answers[1]["content"] == "one");
}

TEST_CASE_FIXTURE(channel_and_bridge, "a task that failed is a response with "
                                      "an error") {
  say(order("q-1", {{"quiet", true}}));
  link.socket->peer_sends(failed_frame("alpha", message(), "disk full"));
  run();
  auto answers = heard();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0]["type"] == "response");
  CHECK(answers[0]["error"] == "disk full");
}

TEST_CASE_FIXTURE(channel_and_bridge, "a dispatch that ends without a result "
                                      "is an error with its reason") {
  std::string code;
  SUBCASE("because of its deadline") {
    say(order("q-1", {{"quiet", true}, {"timeout_s", 5}}));
    pass(5s);
    code = "timeout";
  }
  SUBCASE("because the bridge was lost") {
    say(order("q-1", {{"quiet", true}}));
    link.socket->end();
    run();
    code = "agent_lost";
  }
  auto id = message();
  auto answers = heard();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0]["type"] == "error");
  CHECK(answers[0]["id"] == "q-1");
  CHECK(answers[0]["message_id"] == id);
  CHECK(answers[0]["code"] == code);
  CHECK(answers[0]["retry_helps"] == true);
}

TEST_CASE("a client is told of the acceptance first, even if the outcome "
          "overtakes it, and once") {
  channel_world two{2};
  auto link = two.enter("alpha", 1);
  json request{{"type", "dispatch"},
               {"id", "q-1"},
               {"agent_id", "alpha"},
               {"content", "do it"}};
  two.socket->peer_sends(request.dump());
  two.socket->read();
  two.thread(0).run();
  two.thread(1).run();
  auto frames = link.socket->take_sent();
  REQUIRE(frames.size() == 1);
  message_id id{parsed(frames[0])["message_id"].get<std::string>()};
  two.context(0).board.notify(
      dispatch_outcome{id, failure{errc::agent_lost, {}}, {}, {}});
  CHECK(two.heard_types() == "accepted error ");
  two.run();
  CHECK(two.heard_types() == "");
}

TEST_CASE_FIXTURE(channel_and_bridge, "the agents can be listed") {
  say({{"type", "agents"}, {"id", "q-1"}});
  auto answers = heard();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0]["type"] == "agents");
  CHECK(answers[0]["id"] == "q-1");
  CHECK(answers[0]["total"] == 1);
  CHECK(answers[0]["agents"][0]["agent_id"] == "alpha");
}

TEST_CASE_FIXTURE(channel_and_bridge, "a list the registry died over is asked "
                                      "of its successor, and told once") {
  kill("registry");
  say({{"type", "agents"}, {"id", "q-1"}});
  auto answers = heard();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0]["type"] == "agents");
  CHECK(answers[0]["id"] == "q-1");
  CHECK(answers[0]["total"] == 1);
  kill_and_recover("event-hub");
  CHECK(heard().empty());
}

TEST_CASE_FIXTURE(channel_and_bridge, "what became of a dispatch can be asked "
                                      "by its message id") {
  say(order("q-1", {{"quiet", true}}));
  auto id = message();
  say({{"type", "record"}, {"id", "q-2"}, {"message_id", id}});
  auto answers = heard();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0]["type"] == "record");
  CHECK(answers[0]["id"] == "q-2");
  CHECK(answers[0]["record"]["status"] == "dispatched");
  link.socket->peer_sends(response_frame("alpha", id, "done"));
  run();
  std::ignore = heard();
  say({{"type", "record"}, {"id", "q-3"}, {"message_id", id}});
  answers = heard();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0]["record"]["status"] == "completed");
  CHECK(answers[0]["record"]["content"] == "done");
}

TEST_CASE_FIXTURE(channel_and_bridge, "a dispatch nobody knows is an error "
                                      "under the question's id") {
  say({{"type", "record"}, {"id", "q-1"}, {"message_id", "none"}});
  auto answers = heard();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0]["type"] == "error");
  CHECK(answers[0]["id"] == "q-1");
  CHECK(answers[0]["message_id"] == "none");
  CHECK(answers[0]["code"] == "unknown_dispatch");
}

TEST_CASE_FIXTURE(channel_and_bridge,
                  "a dispatch the registry died over is "
                  "brought to the next one, and done once") {
  kill("registry");
  socket->peer_sends(order("q-1").dump());
  pass(1s, 10ms);
  CHECK(heard_types() == "accepted ");
  CHECK(link.socket->sent.size() == 2);
}

TEST_CASE_FIXTURE(channel_and_bridge, "a program that leaves does not stop "
                                      "what it asked for") {
  say(order("q-1"));
  socket->end();
  aut = nullptr;
  run();
  CHECK(count("control-channel") == 0);
  CHECK(state_of<agent_state>(link.aut).pending.size() == 1);
  link.socket->peer_sends(response_frame("alpha", message(), "done"));
  run();
  CHECK(context().counts.responses.value() == 1);
}

// -- costs, and forgetting ----------------------------------------------------

TEST_CASE_FIXTURE(channel_world, "a program asks what was spent, and has the "
                                 "session start again") {
  context().admissions->change_limits(
      {0, 0, {micro_usd::from_usd(1), {}, {}, 0.8, {}}, {}});
  auto link = enter("alpha");
  auto task = dispatch(make_task("alpha", "m-1"));
  auto frame = parsed(response_frame("alpha", "m-1", "done"));
  frame["usage"] = {{"cost_usd", 1.5}};
  link.socket->peer_sends(frame.dump());
  run();
  say({{"type", "costs"}, {"id", "1"}});
  auto costs = heard().at(0);
  CHECK(costs["type"] == "costs");
  CHECK(costs["id"] == "1");
  CHECK(costs["costs"]["session_cost_usd"] == 1.5);
  CHECK(costs["costs"]["session_limit_usd"] == 1);
  CHECK(costs["costs"]["session_starts_again"] == nullptr);
  CHECK(costs["costs"]["reserved_usd"] == 0);
  say({{"type", "dispatch"},
       {"id", "2"},
       {"agent_id", "alpha"},
       {"content", "x"}});
  auto refused = heard().at(0);
  CHECK(refused["code"] == "cost_limit");
  CHECK(refused["detail"]
        == "Cost limit exceeded. Session: $1.50 / $1.00, Daily: $1.50 / "
           "$0.00");
  CHECK(refused["hint"].get<std::string>().starts_with(
      "cost.session_limit_usd is reached."));
  say({{"type", "costs"}, {"id", "3"}, {"reset_session", true}});
  CHECK(heard().at(0)["costs"]["session_cost_usd"] == 0);
}

TEST_CASE("a program without the scope admin resets no costs") {
  token_grant grant;
  grant.label = "panel";
  grant.digest = digest_of("a-panel-token");
  grant.scopes.add(token_scope::control);
  channel_world aut{1, grant};
  aut.say({{"type", "costs"}, {"id", "1"}, {"reset_session", true}});
  CHECK(aut.heard().at(0)["code"] == "missing_scope");
  aut.say({{"type", "costs"}, {"id", "2"}});
  CHECK(aut.heard().at(0)["type"] == "costs");
}

TEST_CASE_FIXTURE(channel_world, "a program has an agent forgotten") {
  auto link = enter("alpha");
  const json forget{{"type", "forget"}, {"id", "1"}, {"agent_id", "alpha"}};
  say(forget);
  CHECK(heard().at(0)["code"] == "agent_still_connected");
  link.socket->end();
  link.aut = nullptr;
  run();
  say(forget);
  CHECK(heard().at(0)
        == json{{"type", "forgotten"}, {"id", "1"}, {"agent_id", "alpha"}});
  say(forget);
  CHECK(heard().at(0)["code"] == "unknown_agent");
}
