// What an explanation advises about an agent: only what still applies.

#include "domain/explaining_agents.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

using namespace bridgekeeper;
using namespace std::chrono_literals;

namespace {

constexpr timestamp noon{std::chrono::seconds{1'800'000'000}};

struct advice_world {
  agent_case agent;

  advice_world() {
    agent.id = agent_id{"alpha"};
    agent.now = noon;
    agent.known.emplace();
    agent.known->agent = agent.id;
    agent.known->connected = true;
    agent.known->number = incarnation{1};
    agent.live = live_agent{.silent_for = 2s, .silence_allowed = 30s};
    agent.settings = {{"heartbeat.timeout", "30s"},
                      {"limits.agent_per_minute", "10"},
                      {"limits.ip_per_minute", "50"},
                      {"bridge.max_pending_per_agent", "3"},
                      {"cost.session_limit_usd", "$5.00"}};
  }

  void refused(errc why, std::string setting = {}, std::string value = {}) {
    auto step = make_decision(noon - 30s, decision_topic::refused, why,
                              "A dispatch was refused: limits.");
    step.setting = std::move(setting);
    step.value = std::move(value);
    agent.decisions.push_back(std::move(step));
  }

  [[nodiscard]] bool is_told() const {
    auto x = explain(agent);
    auto is_in_summary = x.summary.find("The last refusal: A dispatch: limits.")
                         != std::string::npos;
    CHECK(is_in_summary == !x.next.empty());
    return is_in_summary;
  }
};

} // namespace

TEST_CASE_FIXTURE(advice_world, "a cost limit is advised on until spending "
                                "starts again") {
  refused(errc::cost_limit, "cost.session_limit_usd", "$5.00");
  agent.costs.emplace();
  agent.costs->session.limit = micro_usd{5'000'000};
  agent.costs->session.spent = micro_usd{5'000'000};
  CHECK(is_told());
  agent.costs->session.spent = {};
  agent.costs->session.since = noon - 10s;
  CHECK_FALSE(is_told());
}

TEST_CASE_FIXTURE(advice_world, "a rate limit is advised on while it is "
                                "reached") {
  SUBCASE("that of the agent") {
    refused(errc::rate_limited, "limits.agent_per_minute", "10");
    agent.agent_rate = rate_view{10, 0, 20s};
    CHECK(is_told());
    agent.agent_rate = rate_view{10, 3, 20s};
    CHECK_FALSE(is_told());
  }
  SUBCASE("that of the address") {
    refused(errc::rate_limited, "limits.ip_per_minute", "50");
    CHECK(is_told());
    agent.now += 31s;
    CHECK_FALSE(is_told());
  }
}

TEST_CASE_FIXTURE(advice_world, "too many unfinished dispatches are advised on "
                                "while they are unfinished") {
  refused(errc::too_many_pending, "bridge.max_pending_per_agent", "3");
  agent.live->pending = 1;
  CHECK_FALSE(is_told());
  agent.live->slots = 5;
  agent.live->pending = 3;
  CHECK(is_told());
}

TEST_CASE_FIXTURE(advice_world, "refused requests are not advised on when they "
                                "are over") {
  refused(errc::agent_not_connected);
  refused(errc::agent_still_connected);
  CHECK_FALSE(is_told());
  CHECK(explain(agent).summary == "Agent alpha is connected.");
}

TEST_CASE_FIXTURE(advice_world, "a bridge that is silent for too long is "
                                "advised on") {
  refused(errc::too_many_pending, "bridge.max_pending_per_agent", "3");
  agent.live->silent_for = 33s;
  auto x = explain(agent);
  CHECK(x.summary
        == "Agent alpha is connected, but its bridge has been silent for 33 s, "
           "and 30 s are allowed, so it is about to be evicted.");
  REQUIRE(x.next.size() == 1);
  CHECK(x.next[0].starts_with("Check the machine and the network"));
}

TEST_CASE_FIXTURE(advice_world, "the first heartbeats have a rule of their "
                                "own") {
  agent.live->silence_allowed = 75s;
  agent.live->longest_gap = 10s;
  agent.live->beats = 2;
  auto rule = [this] { return explain(agent).steps.back().rule; };
  CHECK(rule().find("Until the bridge has sent three heartbeats")
        != std::string::npos);
  CHECK(rule().find("This bridge has sent 2 heartbeats.") != std::string::npos);
  agent.live->beats = 3;
  CHECK(rule().find("The longest gap of this bridge is 10 s.")
        != std::string::npos);
  agent.settings["heartbeat.adaptive"] = "false";
  CHECK(rule().find("gap") == std::string::npos);
}

TEST_CASE_FIXTURE(advice_world, "the slots of a cordoned agent decide "
                                "nothing") {
  agent.known->is_cordoned = true;
  agent.live->pending = 1;
  agent.live->waiting = 2;
  for (const auto& step : explain(agent).steps)
    CHECK(step.setting != "bridge.stock_slots");
}

TEST_CASE_FIXTURE(advice_world, "a refused registration is advised on until "
                                "the agent connects") {
  agent.decisions.push_back(
      make_decision(noon - 5s, decision_topic::turned_away, errc::invalid_token,
                    "The registration of a bridge was refused: wrong token."));
  CHECK(explain(agent).next.empty());
  agent.known->connected = false;
  agent.live.reset();
  auto x = explain(agent);
  CHECK(x.summary.find("was refused: wrong token") != std::string::npos);
  CHECK(x.next.size() == 2);
}
