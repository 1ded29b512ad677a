// Explanations of the reasons that tests of the whole daemon
// (tests/e2e/test_explain_*.py) cannot bring about reliably. They find
// the reasons covered here by the name of the function.

#include "api/control_fixture.hpp"
#include "domain/access/scoped_world.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

struct explain_world : control_world {
  bridge link = enter("alpha");
  std::shared_ptr<fake_http> other = open();

  explain_world() {
    context().decisions->change_settings(
        {{"auth.scoped_token_file", "tokens"},
         {"bridge.write_queue_bytes", "16MiB"},
         {"http.answer_bytes", "256MiB"},
         {"http.answer_bytes_per_token", "64MiB"},
         {"server.output_bytes", "128MiB"},
         {"server.stall_timeout", "600s"}});
  }

  nlohmann::json explanation(const std::string& path) {
    other->answers.clear();
    get_by(*other, path + "/explain");
    run();
    REQUIRE(other->answers.size() == 1);
    CAPTURE(other->answers.back().body);
    REQUIRE(other->answers.back().status == 200);
    return parsed(other->answers.back().body);
  }

  /// Checks what a person reads about a reason that has just been brought
  /// about.
  void check(errc why, const std::string& path, const std::string& setting,
             const std::string& value) {
    auto whole = explanation(path);
    CAPTURE(whole.dump());
    nlohmann::json step;
    for (const auto& x : whole["steps"])
      if (x["reason"] == token(why))
        step = x;
    REQUIRE(step.is_object());
    CHECK(step["text"].get<std::string>().ends_with('.'));
    CHECK(step["rule"].get<std::string>().ends_with('.'));
    CHECK(step["at"].is_string());
    if (setting.empty()) {
      CHECK(step["setting"].is_null());
    } else {
      CHECK(step["setting"] == setting);
      CHECK(step["value"] == value);
    }
    CHECK_FALSE(whole["summary"].get<std::string>().empty());
    // An agent is advised on the present only.
    CHECK(step["advice"].get<std::string>().ends_with('.'));
    if (whole["kind"] != "agent")
      CHECK_FALSE(whole["next"].empty());
  }

  void brought_about(errc why, const std::string& setting = "",
                     const std::string& value = "") {
    check(why, "/control/reasons/" + std::string{token(why)}, setting, value);
  }
};

} // namespace

TEST_CASE_FIXTURE(explain_world, "a reader of events that reads nothing is "
                                 "explained") {
  ask_http("GET", "/control/agents/alpha/events");
  run();
  REQUIRE(http->streaming);
  SUBCASE("for too long") {
    http->end({errc::stalled, {}});
    run();
    brought_about(errc::stalled, "server.stall_timeout", "600s");
  }
  SUBCASE("while others wait") {
    http->end({errc::output_budget, {}});
    run();
    brought_about(errc::output_budget, "server.output_bytes", "128MiB");
  }
}

TEST_CASE_FIXTURE(explain_world, "large responses beyond their budget are "
                                 "explained") {
  auto outcome = dispatch(make_task("alpha", "m-1"));
  link.socket->peer_sends(
      response_frame("alpha", "m-1", std::string(1024 * 1024, 'x')));
  run();
  SUBCASE("of one token") {
    context().answers->change_limits({1024 * mebibyte, 1});
    // One response is always allowed.
    http->parts_wait = true;
    ask_http("GET", "/control/dispatches/m-1");
    run();
    get_by(*other, "/control/dispatches/m-1");
    run();
    brought_about(errc::too_many_answers, "http.answer_bytes_per_token",
                  "64MiB");
  }
  SUBCASE("of all") {
    context().answers->change_limits({1, 1024 * mebibyte});
    http->parts_wait = true;
    ask_http("GET", "/control/dispatches/m-1");
    run();
    get_by(*other, "/control/dispatches/m-1");
    run();
    brought_about(errc::answers_full, "http.answer_bytes", "256MiB");
  }
}

TEST_CASE_FIXTURE(explain_world, "a bridge that does not read is explained") {
  link.socket->full = true;
  CHECK(post("/control/agents/alpha/dispatch", R"({"content":"x"})").status
        == 503);
  brought_about(errc::bridge_behind, "bridge.write_queue_bytes", "16MiB");
  check(errc::bridge_behind, "/control/agents/alpha",
        "bridge.write_queue_bytes", "16MiB");
}

TEST_CASE_FIXTURE(explain_world, "a defect that ends an agent is explained") {
  auto outcome = dispatch(make_task("alpha", "m-1"));
  link.socket->broken = true;
  link.socket->peer_sends(heartbeat_frame("alpha"));
  run();
  brought_about(errc::internal);
  check(errc::internal, "/control/agents/alpha", "", "");
  check(errc::internal, "/control/dispatches/m-1", "", "");
}

TEST_CASE_FIXTURE(explain_world, "what nobody knows is not explained, but the "
                                 "answer says where to look") {
  for (std::string path : {"agents/none", "dispatches/none", "reasons/none"}) {
    CAPTURE(path);
    auto answer = get("/control/" + path + "/explain");
    CHECK(answer.status == 404);
    CHECK(parsed(answer.body)["hint"].is_string());
  }
}

TEST_CASE_FIXTURE(explain_world, "ids that a client makes up are not "
                                 "explained") {
  set_tokens(*this, {scoped("reader", {token_scope::read})});
  auto refused = [this](const std::string& token, const std::string& path) {
    fake_request request;
    request.verb = "POST";
    request.path = "/control/" + path;
    request.headers["authorization"] = "Bearer " + token;
    return send(request).status;
  };
  CHECK(refused("secret-reader", "agents/none/cordon") == 403);
  CHECK(refused("secret-reader", "dispatches/none/cancel") == 403);
  CHECK(refused("wrong", "agents/none/cordon") == 401);
  CHECK(refused("wrong", "dispatches/none/cancel") == 401);
  CHECK(post("/control/agents/none/dispatch", "{").status == 422);
  for (std::string path : {"agents/none", "dispatches/none"}) {
    CAPTURE(path);
    CHECK(get("/control/" + path + "/explain").status == 404);
  }
  // What exists is explained.
  CHECK(refused("secret-reader", "agents/alpha/cordon") == 403);
  check(errc::missing_scope, "/control/agents/alpha", "auth.scoped_token_file",
        "tokens");
}

TEST_CASE_FIXTURE(explain_world, "a dispatch that waits is explained by what "
                                 "its agent does") {
  context().agent.slots = 1;
  auto busy = enter("beta");
  auto first = dispatch(make_task("beta", "m-1"));
  auto second = dispatch(make_task("beta", "m-2"));
  auto whole = explanation("/control/dispatches/m-2");
  CAPTURE(whole.dump());
  CHECK(whole["summary"].get<std::string>().find("It waits because agent beta "
                                                 "has 1 slot and works on 1 "
                                                 "dispatch; it is number 1")
        != std::string::npos);
  whole = explanation("/control/agents/beta");
  CAPTURE(whole.dump());
  CHECK(whole["summary"]
        == "Agent beta is connected, but busy, so 1 dispatch "
           "waits.");
}

TEST_CASE_FIXTURE(explain_world, "an agent is explained after it is gone") {
  link.socket->end();
  run();
  pass(1s);
  auto before = explanation("/control/agents/alpha");
  CHECK(before["steps"].size() >= 3);
  auto forgotten =
      answer<bool>(context().core.registry, forget_atom_v, agent_id{"alpha"});
  REQUIRE(forgotten.value);
  auto whole = explanation("/control/agents/alpha");
  CAPTURE(whole.dump());
  CHECK(whole["summary"].get<std::string>().starts_with(
      "Agent alpha is not connected."));
}
