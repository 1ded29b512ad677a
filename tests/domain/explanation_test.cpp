#include "domain/explaining_agents.hpp"
#include "domain/explaining_dispatches.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace bridgekeeper;
using namespace std::chrono_literals;

namespace {

constexpr timestamp noon{std::chrono::seconds{1'800'000'000}};

agent_case known_agent() {
  agent_case out;
  out.id = agent_id{"alpha"};
  out.now = noon;
  out.settings = {{"heartbeat.timeout", "30s"}, {"bridge.stock_slots", "1"}};
  out.known.emplace();
  out.known->agent = out.id;
  out.known->connected = true;
  out.known->number = incarnation{1};
  out.live = live_agent{.slots = 1,
                        .pending = 0,
                        .waiting = 0,
                        .silent_for = 2s,
                        .silence_allowed = 30s};
  return out;
}

dispatch_case waiting_dispatch() {
  dispatch_case out;
  out.id = message_id{"m-1"};
  out.now = noon;
  out.settings = {{"dispatch.timeout", "660s"},
                  {"bridge.stock_slots", "1"},
                  {"bridge.resume_grace", "600s"}};
  out.course.emplace();
  out.course->agent = agent_id{"alpha"};
  out.course->created = noon - 10s;
  out.course->start_by = noon + 650s;
  return out;
}

/// The step that says this; the last one if there are several.
const decision& step_with(const explanation& x, std::string_view text) {
  const decision* out = nullptr;
  for (const auto& step : x.steps)
    if (step.text.find(text) != std::string::npos)
      out = &step;
  REQUIRE_MESSAGE(out != nullptr, "no step says: " << text);
  return *out;
}

bool advises(const explanation& x, std::string_view text) {
  for (const auto& advice : x.next)
    if (advice.find(text) != std::string::npos)
      return true;
  return false;
}

} // namespace

TEST_CASE("times are written as people and settings write them") {
  CHECK(duration_text(250ms) == "250 ms");
  CHECK(duration_text(41s) == "41 s");
  CHECK(duration_text(2500ms) == "2.5 s");
  CHECK(duration_text(11min) == "11 min");
  CHECK(duration_text(24h * 7) == "168 h");
  CHECK(seconds_value(660s) == "660s");
  CHECK(seconds_value(1500ms) == "1.5s");
  CHECK(seconds_value(1005ms) == "1.005s");
}

TEST_CASE("whole days are written as days") {
  CHECK(duration_text(24h * 30) == "30 days");
  CHECK(seconds_value(24h * 30) == "30d");
  CHECK(seconds_value(25h) == "90000s");
}

TEST_CASE("a connected agent's timers are explained") {
  auto x = explain(known_agent());
  CHECK(x.summary == "Agent alpha is connected.");
  const auto& silence = step_with(x, "last heard 2 s ago");
  CHECK(silence.setting == "heartbeat.timeout");
  CHECK(silence.value == "30s");
}

TEST_CASE("a cordoned agent is said to be cordoned") {
  auto agent = known_agent();
  agent.known->is_cordoned = true;
  auto x = explain(agent);
  CHECK(x.summary
        == "Agent alpha is connected, but cordoned, so it is sent nothing "
           "new.");
  CHECK(advises(x, "uncordon"));
}

TEST_CASE("a busy agent's queue is explained by its slots") {
  auto agent = known_agent();
  agent.live->pending = 1;
  agent.live->waiting = 3;
  auto x = explain(agent);
  CHECK(x.summary
        == "Agent alpha is connected, but busy, so 3 dispatches wait.");
  CHECK(step_with(x, "3 wait").setting == "bridge.stock_slots");
  CHECK(step_with(x, "3 wait").value == "1");
  CHECK(advises(x, "raise bridge.stock_slots"));
}

TEST_CASE("a disconnected agent is explained by its last end") {
  auto agent = known_agent();
  agent.known->connected = false;
  agent.live.reset();
  agent.away_for = 90s;
  agent.shelved = 2;
  agent.decisions.push_back(
      make_decision(noon - 90s, decision_topic::disconnected,
                    errc::heartbeat_timeout, "The agent was evicted: silent."));
  auto x = explain(agent);
  CHECK(x.summary
        == "Agent alpha is not connected. The agent was evicted: silent.");
  CHECK(step_with(x, "(for 90 s); 2 dispatches wait for it").at == noon);
  CHECK(advises(x, "Start the agent's bridge"));
  CHECK(advises(x, "Raise heartbeat.timeout if its machine sleeps"));
  CHECK(advises(x, "network of the bridge"));
}

TEST_CASE("the end of a link before another one is no advice any more") {
  auto agent = known_agent();
  agent.decisions.push_back(
      make_decision(noon - 90s, decision_topic::disconnected,
                    errc::heartbeat_timeout, "The agent was evicted: silent."));
  agent.decisions.push_back({.at = noon - 60s,
                             .topic = decision_topic::connected,
                             .text = "The agent connected."});
  auto x = explain(agent);
  CHECK(x.next.empty());
  // It is still told with its step.
  CHECK_FALSE(step_with(x, "was evicted").next.empty());
}

TEST_CASE("what an earlier daemon decided is told by events") {
  auto agent = known_agent();
  auto made = std::make_shared<event>();
  made->at = noon - 1h;
  made->agent = agent.id;
  made->body = agent_heartbeat_lost{noon - 1h - 40s, 30s};
  agent.past.push_back(made);
  agent.decisions_began = noon - 1min;
  CHECK(step_with(explain(agent), "30 s were allowed").why
        == errc::heartbeat_timeout);
  // Later ones are among the decisions.
  agent.decisions_began = noon - 2h;
  for (const auto& step : explain(agent).steps)
    CHECK(step.why != errc::heartbeat_timeout);
}

TEST_CASE("a waiting dispatch names what it waits for and until when") {
  auto dispatch = waiting_dispatch();
  SUBCASE("an agent that is not connected") {
    auto x = explain(dispatch);
    CHECK(x.summary
          == "Dispatch m-1 has not ended. It waits because agent alpha is not "
             "connected.");
    CHECK(advises(x, "Start the bridge of agent alpha"));
    const auto& timer = step_with(x, "Unless it is sent before");
    CHECK(timer.setting == "dispatch.timeout");
    CHECK(timer.value == "660s");
  }
  SUBCASE("its own queue timeout") {
    dispatch.course->queue_timeout = 1h;
    const auto x = explain(dispatch);
    const auto& timer = step_with(x, "Unless it is sent before");
    CHECK(timer.setting == "queue_timeout_s");
    CHECK(timer.value == "3600s");
  }
  SUBCASE("a cordoned agent") {
    dispatch.agent = known_agent().known;
    dispatch.agent->is_cordoned = true;
    dispatch.before = 2;
    auto x = explain(dispatch);
    step_with(x, "has cordoned agent alpha; it is number 3 in the queue.");
    CHECK(advises(x, "bridgekeeper uncordon alpha"));
  }
  SUBCASE("a slot of a bridge that has announced its slots") {
    dispatch.agent = known_agent().known;
    auto made = std::make_shared<announcement>();
    made->instance = instance_id{"i-1"};
    dispatch.agent->announced = made;
    dispatch.live = live_agent{.slots = 2, .pending = 2, .waiting = 1};
    const auto x = explain(dispatch);
    const auto& step = step_with(x, "has 2 slots");
    CHECK(step.setting == "slots");
    CHECK(step.value == "2");
    CHECK(step.rule.find("stock bridge") == std::string::npos);
    CHECK(advises(x, "--max-tasks"));
  }
  SUBCASE("the rate limit of an agent") {
    dispatch.course->attempt = 2;
    dispatch.course->max_attempts = 2;
    dispatch.course->retry_at = noon + 25s;
    dispatch.course->changes.push_back({noon - 5s,
                                        dispatch_course::change::kind::retried,
                                        1, errc::task_failed});
    const auto x = explain(dispatch);
    const auto& step = step_with(x, "(rate_limited) requires a pause of 30 s");
    CHECK(step.setting.empty());
    CHECK(step.rule.find("within 30 s") != std::string::npos);
  }
  SUBCASE("a slot") {
    dispatch.agent = known_agent().known;
    dispatch.live = live_agent{.slots = 1, .pending = 1, .waiting = 1};
    const auto x = explain(dispatch);
    const auto& step = step_with(x, "has 1 slot and works on 1 dispatch");
    CHECK(step.setting == "bridge.stock_slots");
    CHECK(step.value == "1");
  }
  SUBCASE("any agent with a capability") {
    dispatch.course->agent = {};
    dispatch.required = {"gpu=a100", "python"};
    const auto x = explain(dispatch);
    CHECK(step_with(x, "any agent with gpu=a100, python").value
          == "gpu=a100, python");
  }
  SUBCASE("its next attempt") {
    dispatch.course->attempt = 2;
    dispatch.course->max_attempts = 3;
    dispatch.course->retry_at = noon + 5s;
    dispatch.course->backoff = 5s;
    const auto x = explain(dispatch);
    CHECK(step_with(x, "Attempt 2 of 3 is not made before").value == "5s");
  }
}

TEST_CASE("an awaited dispatch says how long its bridge may be away") {
  auto dispatch = waiting_dispatch();
  dispatch.course->state = dispatch_state::running;
  dispatch.course->awaited_until = noon + 100s;
  const auto x = explain(dispatch);
  const auto& step = step_with(x, "may come back");
  CHECK(step.setting == "bridge.resume_grace");
  CHECK(step.value == "600s");
}

TEST_CASE("the end of a dispatch is told once, by the decision if there is "
          "one") {
  auto dispatch = waiting_dispatch();
  dispatch.course->state = dispatch_state::timed_out;
  dispatch.course->reason = errc::timeout;
  dispatch.course->sent = noon - 9s;
  dispatch.course->ended = noon - 1s;
  dispatch.course->timeout = 8s;
  SUBCASE("of an earlier daemon") {
    const auto x = explain(dispatch);
    const auto& step = step_with(x, "has ended");
    CHECK(step.setting == "timeout_s");
    CHECK(step.value == "8s");
  }
  SUBCASE("of this one") {
    dispatch.decisions.push_back(make_decision(noon - 1s, decision_topic::ended,
                                               errc::timeout, "Too slow."));
    auto x = explain(dispatch);
    CHECK(x.summary == "Dispatch m-1 has ended (timed_out). Too slow.");
    for (const auto& step : x.steps)
      CHECK(step.text.find("has ended") == std::string::npos);
  }
}

TEST_CASE("a refused dispatch is explained by its refusal") {
  dispatch_case dispatch;
  dispatch.id = message_id{"m-1"};
  CHECK_FALSE(dispatch.is_known());
  dispatch.decisions.push_back(make_decision(noon, decision_topic::refused,
                                             errc::rate_limited, "Too many."));
  REQUIRE(dispatch.is_known());
  CHECK(explain(dispatch).summary == "Too many.");
}

TEST_CASE("a reason that has not occurred is explained in general") {
  auto x = explain_reason(errc::rate_limited, "10", {});
  REQUIRE(x.steps.size() == 1);
  CHECK(x.steps[0].setting == "limits.agent_per_minute");
  CHECK(x.steps[0].value == "10");
  CHECK_FALSE(x.next.empty());
}
