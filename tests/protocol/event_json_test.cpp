#include "domain/event.hpp"
#include "protocol/event_json.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>
#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const message_id message{"m-1"};

event made_of(event::body_type body) {
  event x;
  x.sequence = 7;
  x.at = std::chrono::sys_days{2026y / 1 / 31} + 12h + 1us;
  x.agent = agent_id{"X"};
  x.session = share(session_id{"s-1"});
  x.body = std::move(body);
  return x;
}

/// What the contract says of an event (section 4): its type, its message and
/// its metadata besides `agent_id`.
void check(const event& x, std::string_view type, std::string_view text,
           json metadata) {
  CAPTURE(encode(x));
  metadata["agent_id"] = "X";
  json expected{
      {"event_type", type},  {"timestamp", "2026-01-31T12:00:00.000001+00:00"},
      {"session_id", "s-1"}, {"message", text},
      {"phase", nullptr},    {"task_id", nullptr},
      {"metadata", metadata}};
  CHECK(json::parse(encode(x)) == expected);
  CHECK(type_of(x) == type);
}

std::shared_ptr<const response> make_response(std::string content) {
  return std::make_shared<const response>(
      response{message, agent_id{"X"}, std::move(content),
               json_object{R"({"total_tokens":3})"}, std::nullopt});
}

} // namespace

TEST_CASE("an event is written in the order of the contract") {
  CHECK(encode(made_of(agent_disconnected{errc::heartbeat_timeout}))
        == R"({"event_type":"agent_disconnected",)"
           R"("timestamp":"2026-01-31T12:00:00.000001+00:00",)"
           R"("session_id":"s-1","message":"Agent X disconnected",)"
           R"("phase":null,"task_id":null,)"
           R"("metadata":{"agent_id":"X","reason":"heartbeat_timeout"}})");
}

TEST_CASE("an agent that connected shows what it announced") {
  check(made_of(agent_connected{incarnation{3}, {"a", "b\""}, "/srv"}),
        "agent_connected", "Agent X connected",
        {{"capabilities", {"a", "b\""}},
         {"workdir", "/srv"},
         {"incarnation", 3}});
  check(made_of(agent_connected{incarnation{4}, {}, {}}), "agent_connected",
        "Agent X connected",
        {{"capabilities", json::array()},
         {"workdir", nullptr},
         {"incarnation", 4}});
}

TEST_CASE("a dispatched task names its message") {
  check(made_of(task_dispatched{message, {}}), "task_dispatched",
        "Dispatched task to agent X", {{"message_id", "m-1"}});
}

TEST_CASE("a follow-up names what it follows") {
  check(made_of(task_dispatched{message, message_id{"m-0"}}), "task_dispatched",
        "Sent follow-up to agent X",
        {{"message_id", "m-1"}, {"followup_to", "m-0"}, {"is_followup", true}});
}

TEST_CASE("a dispatched task names its trace") {
  check(made_of(task_dispatched{message, {}, "00-4bf9-00f0-01"}),
        "task_dispatched", "Dispatched task to agent X",
        {{"message_id", "m-1"}, {"traceparent", "00-4bf9-00f0-01"}});
}

TEST_CASE("progress shows status and text") {
  auto report = std::make_shared<const progress>(
      progress{message, agent_id{"X"}, "running", "50 %\n", json_object{}});
  check(made_of(agent_progress{report}), "agent_progress",
        "Agent X progress: running",
        {{"message_id", "m-1"},
         {"status", "running"},
         {"progress_text", "50 %\n"}});
}

TEST_CASE("a response shows its content and the length in code points") {
  check(made_of(agent_response{make_response("done \U0001F600")}),
        "agent_response", "Agent X responded",
        {{"message_id", "m-1"},
         {"content", "done \U0001F600"},
         {"content_length", 6},
         {"usage", {{"total_tokens", 3}}}});
}

TEST_CASE("an error shows what the bridge said") {
  check(
      made_of(agent_error{message, {errc::task_failed, "exit 1"}, {}}),
      "agent_error", "Agent X error: exit 1",
      {{"message_id", "m-1"}, {"error", "exit 1"}, {"reason", "task_failed"}});
}

TEST_CASE("an error of ours shows its sentence") {
  check(made_of(agent_error{message, {errc::timeout, {}}, {}}), "agent_error",
        "Agent X error: The agent did not respond before the deadline",
        {{"message_id", "m-1"},
         {"error", "The agent did not respond before the deadline"},
         {"reason", "timeout"}});
}

TEST_CASE("a lost heartbeat shows when the agent was last seen") {
  check(made_of(agent_heartbeat_lost{
            std::chrono::sys_days{2026y / 1 / 31} + 11h + 59min, 30'000ms}),
        "agent_heartbeat_lost", "Agent X heartbeat lost",
        {{"last_seen", "2026-01-31T11:59:00.000000+00:00"}, {"timeout", 30}});
  auto fraction = encode(made_of(agent_heartbeat_lost{timestamp{}, 1500ms}));
  CHECK(json::parse(fraction).at("metadata").at("timeout") == 1.5);
}

TEST_CASE("a warning of costs shows the totals in dollars") {
  check(
      made_of(cost_warning{message, micro_usd{4'010'000}, micro_usd{80'000}}),
      "cost_tracking", "Cost limit warning",
      {{"message_id", "m-1"}, {"session_total", 4.01}, {"daily_total", 0.08}});
}

TEST_CASE("a late result shows its content and the bridge's error") {
  auto late = std::make_shared<const response>(
      response{message, agent_id{"X"}, "done", {}, std::string{"too late"}});
  check(made_of(late_result{late}), "late_result", "Agent X responded late",
        {{"message_id", "m-1"},
         {"content", "done"},
         {"usage", json::object()},
         {"error", "too late"}});
}

TEST_CASE("a task that waits says so, and later that it was sent") {
  check(made_of(task_queued{message}), "task_queued", "Task waits for agent X",
        {{"message_id", "m-1"}});
  check(made_of(task_cancelled{message}), "task_cancelled",
        "Task for agent X was cancelled", {{"message_id", "m-1"}});
  check(made_of(task_sent{message, 2}), "task_sent", "Sent task to agent X",
        {{"message_id", "m-1"}, {"attempt", 2}});
}

TEST_CASE("a retry names the attempt, its reason and its time") {
  check(made_of(
            task_retrying{message, 2, {errc::agent_lost, "gone"}, timestamp{}}),
        "task_retrying", "Task for agent X is tried again: gone",
        {{"message_id", "m-1"},
         {"attempt", 2},
         {"error", "gone"},
         {"reason", "agent_lost"},
         {"retry_at", to_iso8601(timestamp{})}});
}

TEST_CASE("only progress is expendable") {
  CHECK(is_expendable(
      made_of(agent_progress{std::make_shared<const progress>(progress{})})));
  CHECK_FALSE(is_expendable(made_of(agent_response{make_response("x")})));
  CHECK_FALSE(is_expendable(made_of(late_result{make_response("x")})));
  CHECK_FALSE(is_expendable(made_of(agent_connected{})));
}

TEST_CASE("an event knows the dispatch it is about") {
  auto about = [](event::body_type body) {
    auto x = made_of(std::move(body));
    auto id = message_of(x);
    return id != nullptr ? id->str() : "none";
  };
  CHECK(about(task_dispatched{message, {}}) == "m-1");
  CHECK(about(agent_progress{std::make_shared<const progress>(
            progress{message, agent_id{"X"}, "s", {}, {}})})
        == "m-1");
  CHECK(about(agent_response{make_response({})}) == "m-1");
  CHECK(about(agent_error{message, {}, {}}) == "m-1");
  CHECK(about(cost_warning{message, {}, {}}) == "m-1");
  CHECK(about(late_result{make_response({})}) == "m-1");
  CHECK(about(task_queued{message}) == "m-1");
  CHECK(about(task_cancelled{message}) == "m-1");
  CHECK(about(task_sent{message}) == "m-1");
  CHECK(about(task_retrying{message}) == "m-1");
  CHECK(about(agent_connected{}) == "none");
  CHECK(about(agent_disconnected{}) == "none");
  CHECK(about(agent_heartbeat_lost{}) == "none");
}

TEST_CASE("an event weighs what it holds on to") {
  auto small = footprint(made_of(agent_response{make_response("x")}));
  auto large = footprint(
      made_of(agent_response{make_response(std::string(100'000, 'x'))}));
  CHECK(small >= sizeof(event));
  CHECK(large - small == 99'999);
  CHECK(footprint(made_of(late_result{make_response("x")})) == small);
  auto failed = std::make_shared<const response>(response{
      message, agent_id{"X"}, std::string(5000, 'x'), {}, std::string{"e"}});
  CHECK(
      footprint(made_of(agent_error{message, {errc::task_failed, "e"}, failed}))
      >= 5000);
  auto report = std::make_shared<const progress>(progress{
      message, agent_id{"X"}, "s", std::string(700, 'x'), json_object{}});
  CHECK(footprint(made_of(agent_progress{report})) >= 700);
}

TEST_CASE("what a bridge wrote cannot break the JSON of an event") {
  std::string evil = "\"}],\\\n\xff\x01";
  auto report = std::make_shared<const progress>(
      progress{message_id{evil}, agent_id{"X"}, evil, evil, json_object{}});
  auto parsed = json::parse(encode(made_of(agent_progress{report})));
  CHECK(parsed.at("metadata").at("status") == "\"}],\\\n\ufffd\x01");
}

TEST_CASE("a conflict names both addresses, and which bridge has the id") {
  check(made_of(agent_conflict{"192.0.2.1", "192.0.2.2", false}),
        "agent_conflict", "Two bridges use the agent id X",
        {{"standing_ip", "192.0.2.1"},
         {"newcomer_ip", "192.0.2.2"},
         {"kept", "standing"}});
}

TEST_CASE("a cost that is not believed is flagged") {
  auto encoded =
      json::parse(encode(made_of(agent_response{make_response("x"), true})));
  CHECK(encoded["metadata"]["cost_implausible"] == true);
  encoded = json::parse(encode(made_of(agent_error{
      message, {errc::task_failed, "x"}, make_response("x"), true})));
  CHECK(encoded["metadata"]["cost_implausible"] == true);
}
