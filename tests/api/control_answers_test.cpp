#include "actors/frames.hpp"
#include "api/answer_parts.hpp"
#include "api/control_answers.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::api;
using namespace bridgekeeper::test;

namespace {

agent_view stranger() {
  agent_view out;
  out.agent = agent_id{"beta"};
  out.name = "Beta";
  out.endpoint_url = "http://b";
  out.is_cordoned = true;
  return out;
}

agent_view guest() {
  announcement who;
  who.agent = agent_id{"alpha"};
  who.session = bridgekeeper::share(session_id{"s-1"});
  who.capabilities = {"code", "say \"hi\""};
  who.workdir = "/srv";
  who.metadata = json_object{R"({"os":"linux"})"};
  who.connected_at = bridgekeeper::timestamp{std::chrono::microseconds{1}};
  who.vitals = std::make_shared<agent_vitals>();
  who.vitals->last_heartbeat_us = 2;
  who.slots = 4;
  who.labels = {{"gpu", "a100"}};
  agent_view out;
  out.agent = who.agent;
  out.name = "alpha";
  out.connected = true;
  out.announced = std::make_shared<const announcement>(std::move(who));
  return out;
}

const json guest_json = {{"agent_id", "alpha"},
                         {"name", "alpha"},
                         {"endpoint_url", ""},
                         {"status", "connected"},
                         {"capabilities", {"code", "say \"hi\""}},
                         {"workdir", "/srv"},
                         {"metadata", {{"os", "linux"}}},
                         {"connected_at", "1970-01-01T00:00:00.000001+00:00"},
                         {"last_heartbeat", "1970-01-01T00:00:00.000002+00:00"},
                         {"slots", 4},
                         {"labels", {{"gpu", "a100"}}},
                         {"cordoned", false}};

const json stranger_json = {{"agent_id", "beta"},
                            {"name", "Beta"},
                            {"endpoint_url", "http://b"},
                            {"status", "disconnected"},
                            {"capabilities", json::array()},
                            {"workdir", nullptr},
                            {"metadata", json::object()},
                            {"connected_at", nullptr},
                            {"last_heartbeat", nullptr},
                            {"slots", 1},
                            {"labels", json::object()},
                            {"cordoned", true}};

std::string text_of(answer_body (*make)(agent_list),
                    std::vector<agent_view> agents) {
  return whole(
      make(std::make_shared<const std::vector<agent_view>>(std::move(agents)))
          .parts);
}

} // namespace

// Contract section 3.

TEST_CASE("an AgentView has all of its fields, whoever the agent is") {
  CHECK(parsed(to_json(guest())) == guest_json);
  CHECK(parsed(to_json(stranger())) == stranger_json);
}

TEST_CASE("an agent that is away has no connected_at") {
  auto away = guest();
  away.connected = false;
  auto body = parsed(to_json(away));
  CHECK(body["status"] == "disconnected");
  CHECK(body["connected_at"].is_null());
  CHECK(body["capabilities"].size() == 2);
}

TEST_CASE("agents are listed with their number") {
  CHECK(parsed(text_of(agents_body, {}))
        == json{{"agents", json::array()}, {"total", 0}});
  CHECK(parsed(text_of(agents_body, {stranger(), guest()}))
        == json{{"agents", {stranger_json, guest_json}}, {"total", 2}});
  CHECK(parsed(agent_answer(guest()).body) == json{{"agent", guest_json}});
}

TEST_CASE("the bridge status lists those who are connected") {
  CHECK(parsed(text_of(bridge_status_body, {stranger()}))
        == json{{"connected_count", 0}, {"agents", json::array()}});
  CHECK(parsed(text_of(bridge_status_body, {stranger(), guest()}))
        == json{{"connected_count", 1},
                {"agents",
                 {{{"agent_id", "alpha"},
                   {"capabilities", guest_json["capabilities"]},
                   {"workdir", "/srv"},
                   {"metadata", {{"os", "linux"}}},
                   {"session_id", "s-1"},
                   {"connected_at", guest_json["connected_at"]},
                   {"last_heartbeat", guest_json["last_heartbeat"]}}}}});
}

TEST_CASE("health says ok") {
  auto aut = health_answer();
  CHECK(aut.status == 200);
  CHECK(aut.content_type == "application/json");
  auto body = parsed(aut.body);
  CHECK(body["status"] == "ok");
  CHECK(body["service"] == "vibeforge-api");
}

TEST_CASE("an agent's task is idle, or a dispatch and how it stands") {
  agent_id alpha{"alpha"};
  CHECK(parsed(task_answer(alpha, {}).body)
        == json{{"agent_id", "alpha"},
                {"status", "idle"},
                {"message_id", nullptr},
                {"error", nullptr}});
  bridgekeeper::dispatch_record record;
  record.message = message_id{"m-1"};
  record.status = bridgekeeper::dispatch_status::running;
  CHECK(parsed(task_answer(alpha, {record, {}}).body)
        == json{{"agent_id", "alpha"},
                {"status", "running"},
                {"message_id", "m-1"},
                {"error", nullptr}});
  record.status = bridgekeeper::dispatch_status::error;
  record.why = failure{errc::task_failed, "disk full"};
  auto body = parsed(task_answer(alpha, {record, {}}).body);
  CHECK(body["status"] == "error");
  CHECK(body["error"] == "disk full");
}

TEST_CASE("a dispatch that was taken is told its message id") {
  auto aut = dispatched_answer(agent_id{"alpha"}, message_id{"m-1"}, false);
  CHECK(aut.status == 200);
  CHECK(parsed(aut.body)
        == json{{"agent_id", "alpha"},
                {"message_id", "m-1"},
                {"status", "dispatched"},
                {"message", "Task dispatched"}});
}

TEST_CASE("a follow-up that was taken is called one") {
  auto aut = dispatched_answer({}, {}, true);
  CHECK(parsed(aut.body)["message"] == "Follow-up dispatched");
}
