#include "actors/audit_fixture.hpp"
#include "log/log_line.hpp"

#include <doctest/doctest.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

/// Collects log lines as `level agent|message|reason|peer text`.
class line_sink : public spdlog::sinks::base_sink<std::mutex> {
public:
  std::vector<std::string> lines;
  std::vector<std::string> trace_ids;
  std::vector<std::string> outcomes;

protected:
  void sink_it_(const spdlog::details::log_msg& x) override {
    auto line = log::parse_line(x);
    auto level = spdlog::level::to_string_view(x.level);
    trace_ids.emplace_back(line.find("trace_id"));
    outcomes.emplace_back(line.find("outcome"));
    lines.push_back(fmt::format(
        "{} {}|{}|{}|{} {}", std::string_view{level.data(), level.size()},
        line.find("agent"), line.find("message_id"), line.find("reason"),
        line.find("peer"), line.text));
  }

  void flush_() override {}
};

/// A world whose log, audit log, counters and events a test can see.
struct told_world : audit_world {
  told_world() {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", log));
    spdlog::set_level(spdlog::level::debug);
  }

  ~told_world() {
    spdlog::set_default_logger(before);
    spdlog::set_level(spdlog::level::off);
  }

  /// States a fact and waits until all tellers have told it.
  template <class Fact>
  void state(const Fact& x) {
    log->lines.clear();
    tell(context(), x);
    run();
  }

  /// The only log line about the last fact; "" if there is none.
  [[nodiscard]] std::string line() const {
    REQUIRE(log->lines.size() <= 1);
    return log->lines.empty() ? "" : log->lines.front();
  }

  /// The last entry's members, as written, from `event` to `metadata`.
  [[nodiscard]] std::string entry() const {
    auto text = files.lines().back();
    auto begin = text.find(R"("event":)");
    return text.substr(begin, text.find(R"(,"prev":)") - begin);
  }

  std::shared_ptr<spdlog::logger> before = spdlog::default_logger();
  std::shared_ptr<line_sink> log = std::make_shared<line_sink>();
  std::shared_ptr<event_record> heard = follow();
};

} // namespace

TEST_CASE_FIXTURE(told_world, "a fact is stated once and told in the log, in a "
                              "counter, in the audit log and as an event") {
  run();
  state(fact::agent_timed_out{alpha, client, 80'000ms, 75'000ms, timestamp{}});
  CHECK(line()
        == "warning alpha||heartbeat_timeout|192.0.2.1 agent alpha was "
           "evicted: it was silent for 80000 ms (75000 ms allowed)");
  CHECK(context().counts.evictions.value() == 1);
  CHECK(entry()
        == R"("event":"agent_timeout","result":"failure","agent_id":"alpha",)"
           R"("ip":"192.0.2.1","session_id":"own","token":"ci",)"
           R"("metadata":{"reason":"heartbeat_timeout","silent_s":80,)"
           R"("timeout_s":75})");
  REQUIRE(heard->types() == "agent_heartbeat_lost");
  const auto& told = *heard->live.front();
  CHECK(told.agent.str() == "alpha");
  CHECK(told.session->str() == "own");
  CHECK(std::get<agent_heartbeat_lost>(told.body).timeout == 75'000ms);
}

TEST_CASE_FIXTURE(told_world, "a teller ignores the facts that it does not "
                              "tell") {
  static_assert(!tells<event_teller, fact::token_refused>);
  static_assert(!tells<counter_teller, fact::agent_forgotten>);
  static_assert(!tells<log_teller, fact::agent_forgotten>);
  static_assert(!tells<audit_teller, fact::agent_died>);
  run();
  state(fact::agent_forgotten{alpha.agent, client});
  CHECK(line().empty());
  CHECK(heard->types().empty());
  CHECK(entry()
        == R"("event":"agent_forgotten","result":"success",)"
           R"("agent_id":"alpha","ip":"192.0.2.1","token":"ci")");
}

TEST_CASE_FIXTURE(told_world, "what an operator wants of agents is logged and "
                              "audited") {
  run();
  state(fact::agent_duty_changed{alpha.agent, agent_duty::cordoned, 1, client});
  CHECK(line()
        == "info alpha|||192.0.2.1 agent alpha is cordoned by the operator "
           "(token ci)");
  CHECK(entry()
        == R"("event":"agent_duty_changed","result":"success",)"
           R"("agent_id":"alpha","ip":"192.0.2.1","token":"ci",)"
           R"("metadata":{"duty":"cordoned","agents":1,"gate":"http"})");
  state(fact::agent_duty_changed{agent_id{}, agent_duty::draining, 3, client});
  CHECK(line()
        == "info |||192.0.2.1 all agents are drained by the operator (token "
           "ci); changed: 3");
  CHECK(entry()
        == R"("event":"agent_duty_changed","result":"success",)"
           R"("ip":"192.0.2.1","token":"ci",)"
           R"("metadata":{"duty":"draining","agents":3,"gate":"http"})");
  state(fact::agent_duty_changed{alpha.agent, agent_duty::working, 1, origin{},
                                 fact::gate::console});
  CHECK(line()
        == "info alpha||| agent alpha is uncordoned by the operator at the "
           "console");
  CHECK(entry()
        == R"("event":"agent_duty_changed","result":"success",)"
           R"("agent_id":"alpha",)"
           R"("metadata":{"duty":"working","agents":1,"gate":"console"})");
}

TEST_CASE_FIXTURE(told_world, "accepted and refused tokens are logged and "
                              "audited") {
  run();
  state(fact::token_accepted{
      fact::gate::control_socket, client, {"GET", "/ws/control"}});
  CHECK(line().empty());
  CHECK(entry()
        == R"("event":"auth_success","result":"success","ip":"192.0.2.1",)"
           R"("token":"ci","metadata":{"path":"/ws/control","method":"GET",)"
           R"("gate":"control_socket"})");
  state(fact::token_accepted{fact::gate::console, client});
  CHECK(line()
        == "info ||| an operator attached to the console, with the token ci");
  fact::token_refused refusal{fact::gate::http,
                              errc::missing_scope,
                              client,
                              now(),
                              {"POST", "/control/agents"},
                              "The token lacks the scope control"};
  state(refusal);
  CHECK(line()
        == "warning ||missing_scope|192.0.2.1 POST /control/agents rejected: "
           "The token lacks the scope control (token ci)");
  CHECK(entry()
        == R"("event":"auth_failure","result":"failure","ip":"192.0.2.1",)"
           R"("token":"ci","metadata":{"path":"/control/agents",)"
           R"("method":"POST","gate":"http","reason":"missing_scope"})");
  state(fact::token_refused{.where = fact::gate::bridge,
                            .why = errc::invalid_token,
                            .from = client,
                            .at = now(),
                            .claimed = "alpha"});
  CHECK(line().empty());
  CHECK(entry()
        == R"("event":"auth_failure","result":"failure","agent_id":"alpha",)"
           R"("ip":"192.0.2.1","token":"ci",)"
           R"("metadata":{"path":"/ws/agent-bridge","gate":"bridge",)"
           R"("reason":"invalid_token"})");
}

TEST_CASE_FIXTURE(told_world, "a refused console is logged without an "
                              "address") {
  run();
  origin nobody;
  state(fact::token_refused{fact::gate::console, errc::invalid_token, nobody,
                            now()});
  CHECK(line()
        == "warning ||invalid_token| an operator's console was rejected: "
               + std::string{sentence(errc::invalid_token)});
  origin labelled{{}, "ci"};
  state(fact::token_refused{fact::gate::console, errc::missing_scope, labelled,
                            now()});
  CHECK(line()
        == "warning ||missing_scope| an operator's console was rejected: the "
           "token ci lacks the scope admin");
  CHECK(entry()
        == R"("event":"auth_failure","result":"failure","token":"ci",)"
           R"("metadata":{"gate":"console","reason":"missing_scope"})");
}

TEST_CASE_FIXTURE(told_world, "an agent's connection and its end are told by "
                              "all tellers") {
  run();
  state(fact::agent_connected{alpha, incarnation{7}, client});
  CHECK(line()
        == "info alpha|||192.0.2.1 agent alpha connected (incarnation "
           "7)");
  CHECK(context().counts.registrations.value() == 1);
  CHECK(entry()
        == R"("event":"agent_connected","result":"success",)"
           R"("agent_id":"alpha","ip":"192.0.2.1","session_id":"own",)"
           R"("token":"ci","metadata":{"workdir":null,"incarnation":7})");
  std::string detail = "closed by peer with 4321 no memory";
  state(fact::agent_disconnected{alpha, incarnation{7}, errc::agent_lost,
                                 detail, client, 3});
  CHECK(line()
        == "info alpha||agent_lost|192.0.2.1 agent alpha disconnected "
           "(incarnation 7): closed by peer with 4321 no memory");
  CHECK(entry()
        == R"("event":"agent_disconnected","result":"success",)"
           R"("agent_id":"alpha","ip":"192.0.2.1","session_id":"own",)"
           R"("token":"ci","metadata":{"reason":"agent_lost",)"
           R"("detail":"closed by peer with 4321 no memory",)"
           R"("incarnation":7,"refused_results":3})");
  CHECK(heard->types() == "agent_connected agent_disconnected");
}

TEST_CASE_FIXTURE(told_world, "a dispatch belongs to the dispatching session "
                              "and to the bridge's own") {
  run();
  std::optional<message_id> followed{"m-0"};
  state(fact::dispatch_started{alpha, order->task, followed, client});
  CHECK(context().counts.dispatches.value() == 1);
  CHECK(entry()
        == R"("event":"task_followup","result":"success",)"
           R"("agent_id":"alpha","ip":"192.0.2.1","session_id":"control",)"
           R"("token":"ci","metadata":{"message_id":"m-1",)"
           R"("content_preview":"do it","followup_to":"m-0"})");
  REQUIRE(heard->types() == "task_dispatched");
  const auto& told = *heard->live.front();
  CHECK(told.session->str() == "control");
  CHECK(told.bridge_session->str() == "own");
  failure why{errc::timeout, {}};
  state(fact::dispatch_failed{alpha, order->task.session, order->task.message,
                              why});
  CHECK(context().counts.failed_dispatches.value() == 1);
  CHECK(heard->types() == "task_dispatched agent_error");
  CHECK(files.lines().size() == 1);
}

namespace {

constexpr std::string_view traceparent =
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

} // namespace

TEST_CASE_FIXTURE(told_world, "each dispatch has a line when it is accepted, "
                              "and one when it has ended") {
  run();
  fact::dispatch_accepted accepted{order->task, client, traceparent, false, 0};
  state(accepted);
  CHECK(line()
        == "info alpha|m-1||192.0.2.1 dispatch m-1 to agent alpha was accepted "
           "(token ci)");
  CHECK(log->trace_ids.back() == "4bf92f3577b34da6a3ce929d0e0e4736");
  accepted.waits = true;
  accepted.log = 3;
  state(accepted);
  CHECK(line()
        == "info alpha|m-1||192.0.2.1 dispatch m-1 to agent alpha was accepted "
           "and waits (token ci) (and 3 more before it)");
  accepted.log = {};
  state(accepted);
  CHECK(line().empty());
  fact::dispatch_ended ended{.task = order->task,
                             .traceparent = traceparent,
                             .took = std::chrono::milliseconds{1234},
                             .log = 0};
  state(ended);
  CHECK(line()
        == "info alpha|m-1|| dispatch m-1 to agent alpha was completed after "
           "1.234 s");
  CHECK(log->trace_ids.back() == "4bf92f3577b34da6a3ce929d0e0e4736");
  failure why{errc::task_failed, std::string(10'000, 'x')};
  ended.outcome = dispatch_state::failed;
  ended.why = &why;
  state(ended);
  CHECK(line().starts_with("info alpha|m-1|task_failed| dispatch m-1 to agent "
                           "alpha ended without a result after 1.234 s: "));
  CHECK(line().size() < 700);
}

TEST_CASE_FIXTURE(told_world, "a refused dispatch has one line") {
  run();
  failure why{errc::agent_not_connected, {}};
  state(fact::dispatch_refused{order->task, client, {}, why, 0});
  CHECK(line()
        == "info alpha|m-1|agent_not_connected|192.0.2.1 dispatch m-1 to agent "
           "alpha was refused: Agent is not connected (token ci)");
  state(fact::dispatch_refused{order->task, client, {}, why, {}});
  CHECK(line().empty());
}

TEST_CASE_FIXTURE(told_world, "a dispatch refused without a look has no id") {
  run();
  failure why{errc::draining, {}};
  auto unread = order->task;
  unread.message = {};
  unread.agent = {};
  state(fact::dispatch_refused{unread, client, {}, why, 0});
  CHECK(
      line().starts_with("info ||draining|192.0.2.1 a dispatch was refused: "));
}

TEST_CASE_FIXTURE(told_world, "a dispatch that a limit refused has the fields "
                              "of a refusal") {
  run();
  auto task = order->task;
  task.context =
      json_object{R"({"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-)"
                  R"(00f067aa0ba902b7-01"})"};
  admission_refusal refusal{
      {errc::cost_limit, "Cost limit exceeded"}, {}, false, {}, std::size_t{2}};
  state(fact::cost_limit_reached{alpha, task, client, refusal});
  CHECK(line()
        == "warning alpha|m-1|cost_limit|192.0.2.1 dispatch m-1 to agent alpha "
           "was refused: Cost limit exceeded (token ci) (and 2 more before "
           "it)");
  CHECK(log->trace_ids.back() == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(log->outcomes.back() == "refused");
  refusal = {{errc::rate_limited, {}}, {}, true, {}, {}};
  refusal.rates.agent.limit = 2;
  state(fact::rate_limit_reached{alpha, task, client, refusal, 0});
  CHECK(line()
        == "info alpha|m-1|rate_limited|192.0.2.1 dispatch m-1 to agent alpha "
           "was refused: limits.agent_per_minute allows 2 in 60 s (token ci)");
  CHECK(log->outcomes.back() == "refused");
  state(fact::rate_limit_reached{alpha, task, client, refusal, {}});
  CHECK(line().empty());
}

TEST_CASE_FIXTURE(told_world, "a refused result is logged when it is its turn, "
                              "and audited up to a bound") {
  run();
  agent_id beta{"beta"};
  fact::result_refused x{
      alpha, client, errc::forged_result, beta, order->task.message, 100, 4};
  state(x);
  CHECK(line()
        == "warning alpha|m-1|forged_result|192.0.2.1 agent alpha: message "
           "dropped because it names another agent (and 4 more before it)");
  CHECK(entry()
        == R"("event":"result_refused","result":"failure",)"
           R"("agent_id":"alpha","ip":"192.0.2.1","session_id":"own",)"
           R"("token":"ci","metadata":{"reason":"forged_result",)"
           R"("claimed_agent_id":"beta","message_id":"m-1"})");
  x.nth = 101;
  x.log = {};
  state(x);
  CHECK(line().empty());
  CHECK(files.lines().size() == 1);
  CHECK(context().counts.forged_results.value() == 2);
}

TEST_CASE_FIXTURE(told_world, "costs are told in dollars, and a warning is an "
                              "event") {
  run();
  const auto& session = order->task.session;
  const auto& message = order->task.message;
  state(fact::cost_implausible{alpha, client, session, message, 1e300,
                               micro_usd::from_usd(0.5), 0});
  CHECK(line()
        == "warning alpha|m-1|cost_limit|192.0.2.1 agent alpha: reported cost "
           "of $1e+300 ignored because it exceeds cost.max_per_dispatch_usd; "
           "the tokens of the dispatch are priced instead");
  CHECK(entry()
        == R"("event":"task_cost_implausible","result":"failure",)"
           R"("agent_id":"alpha","session_id":"control",)"
           R"("metadata":{"message_id":"m-1","reported_usd":1e+300,)"
           R"("cost_usd":0.5})");
  admission::settlement cost;
  cost.cost = micro_usd::from_usd(0.25);
  cost.session_total = micro_usd::from_usd(1.5);
  cost.daily_total = micro_usd::from_usd(2);
  state(fact::cost_recorded{alpha, session, message, cost});
  CHECK(entry()
        == R"("event":"task_cost_recorded","result":"success",)"
           R"("agent_id":"alpha","session_id":"control",)"
           R"("metadata":{"message_id":"m-1","cost_added":0.25,)"
           R"("session_total":1.5,"daily_total":2})");
  CHECK(heard->types().empty());
  cost.cost = {};
  cost.warning = true;
  state(fact::cost_recorded{alpha, session, message, cost});
  CHECK(files.lines().size() == 2);
  CHECK(heard->types() == "cost_tracking");
  state(fact::costs_reset{*session, client, micro_usd::from_usd(1.5)});
  CHECK(line()
        == "info |||192.0.2.1 session spending was reset to 0 by ci from "
           "192.0.2.1; it was $1.50");
  CHECK(entry()
        == R"("event":"session_costs_reset","result":"success",)"
           R"("ip":"192.0.2.1","session_id":"control","token":"ci",)"
           R"("metadata":{"session_total_usd":1.5})");
}

TEST_CASE_FIXTURE(told_world, "a reader that is dropped because it does not "
                              "read is counted by reason") {
  run();
  state(fact::control_client_disconnected{client, errc::stalled});
  state(fact::control_client_disconnected{client, errc::output_budget});
  state(fact::control_client_disconnected{client, errc::heartbeat_timeout});
  std::string stream = "alpha";
  state(fact::stream_reader_dropped{stream, client, errc::overflow, "12 bytes",
                                    0});
  CHECK(line()
        == "warning ||overflow|192.0.2.1 a reader of the event stream alpha "
           "(token ci) was dropped: "
               + std::string{sentence(errc::overflow)} + "; 12 bytes");
  const auto& counts = context().counts;
  CHECK(counts.stalled_readers.value() == 1);
  CHECK(counts.indebted_readers.value() == 1);
  CHECK(counts.silent_clients.value() == 1);
  CHECK(counts.overflows.value() == 1);
}
