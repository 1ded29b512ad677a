#include "domain/admission.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

using namespace bridgekeeper;
using namespace std::chrono_literals;

namespace {

const moment start{std::chrono::steady_clock::time_point{} + 1h,
                   std::chrono::sys_days{2026y / 11 / 23} + 12h};

micro_usd usd(double x) {
  return micro_usd::from_usd(x);
}

agent_id agent(const std::string& name = "alpha") {
  return agent_id{name};
}

usage_cost cost(double x) {
  return {usd(x), {}};
}

/// Room for so many dispatches at once, at $0.10 each; tokens have a price, so
/// that all of them have one.
admission_limits room_for(double dispatches) {
  return {0, 0, {usd(dispatches / 10), {}, usd(0.1), 0.8}, usd(0.01)};
}

/// "ok", or the reason's token. The dispatch is forgotten at once.
std::string verdict(admission& aut, const std::string& name = "alpha",
                    const std::string& ip = "10.0.0.1", moment now = start) {
  auto out = aut.admit(agent(name), ip, now);
  return out ? "ok" : std::string{token(out.error().why.code)};
}

} // namespace

TEST_CASE("dispatches are limited by agent and by address") {
  admission aut{{.agent_per_minute = 2, .ip_per_minute = 3}};
  CHECK(verdict(aut, "a", "ip") == "ok");
  CHECK(verdict(aut, "a", "ip") == "ok");
  CHECK(verdict(aut, "a", "ip") == "rate_limited");
  CHECK(verdict(aut, "b", "ip") == "ok");
  CHECK(verdict(aut, "b", "ip") == "rate_limited");
  CHECK(verdict(aut, "b", "other") == "ok");
  CHECK(verdict(aut, "a", "ip", {start.steady + 60s, start.wall}) == "ok");
}

TEST_CASE("the addresses of one IPv6 network share their rate") {
  admission aut{{.agent_per_minute = 0, .ip_per_minute = 1}};
  CHECK(verdict(aut, "a", "2001:db8::1") == "ok");
  CHECK(verdict(aut, "a", "2001:db8::2") == "rate_limited");
  CHECK(verdict(aut, "a", "2001:db8:0:1::1") == "ok");
  CHECK(aut.rates(agent("a"), "2001:db8::3", start.steady).ip.remaining == 0);
}

TEST_CASE("what is refused counts nowhere") {
  admission aut{{1, 3, {usd(0.1), {}, usd(0.1), 0.8}, usd(0.01)}};
  auto first = aut.admit(agent("a"), "ip", start);
  REQUIRE(first.has_value());
  CHECK(verdict(aut, "a", "ip") == "rate_limited");
  CHECK(verdict(aut, "b", "ip") == "cost_limit");
  auto rates = aut.rates(agent("b"), "ip", start.steady);
  CHECK(rates.agent.remaining == 1);
  CHECK(rates.ip.remaining == 2);
}

TEST_CASE("rates are refused before costs") {
  admission aut{{1, 0, {usd(0.1), {}, usd(0.1), 0.8}, {}}};
  auto held = aut.admit(agent(), "ip", start);
  CHECK(verdict(aut) == "rate_limited");
}

TEST_CASE("a refusal over costs names what is promised, too") {
  admission aut{room_for(1)};
  auto held = aut.admit(agent(), "ip", start);
  auto refused = aut.admit(agent(), "ip", start);
  REQUIRE(refused.has_error());
  CHECK(headline(refused.error().why)
        == "Cost limit exceeded. Session: $0.10 / $0.10, Daily: $0.10 / "
           "$0.00");
}

TEST_CASE("a reservation that is let go of makes room") {
  admission aut{room_for(1)};
  {
    auto held = aut.admit(agent(), "ip", start);
    CHECK(verdict(aut) == "cost_limit");
  }
  CHECK(verdict(aut) == "ok");
}

TEST_CASE("a reservation is given back once, however it is handed around") {
  admission aut{room_for(2)};
  auto first = aut.admit(agent(), "ip", start);
  auto second = aut.admit(agent(), "ip", start);
  auto moved = std::move(*first);
  CHECK(verdict(aut) == "cost_limit");
  moved.release();
  moved.release();
  CHECK(verdict(aut) == "ok");
  auto third = aut.admit(agent(), "ip", start);
  CHECK(third.has_value());
  CHECK(verdict(aut) == "cost_limit");
}

TEST_CASE("a settled reservation is not given back once more") {
  admission aut{room_for(2)};
  {
    auto held = aut.admit(agent(), "ip", start);
    auto settled = held->settle(agent(), cost(0.15), start.wall);
    REQUIRE(settled);
    CHECK(settled->cost == usd(0.15));
    CHECK(settled->session_total == usd(0.15));
    CHECK_FALSE(held->settle(agent(), cost(9), start.wall));
  }
  CHECK(aut.costs(start.wall).session.spent == usd(0.15));
  CHECK(verdict(aut) == "cost_limit");
}

TEST_CASE("a response that names no cost makes room") {
  admission aut{room_for(1)};
  auto held = aut.admit(agent(), "ip", start);
  CHECK_FALSE(held->settle(agent(), cost(0), start.wall));
  CHECK(verdict(aut) == "ok");
}

TEST_CASE("tokens cost what the limits say") {
  admission aut{{0, 0, {}, usd(2)}};
  auto held = aut.admit(agent(), "ip", start);
  CHECK(held->price().per_1k_tokens == usd(2));
  auto settled = held->settle(agent(), cost(1), start.wall);
  REQUIRE(settled);
  CHECK(settled->daily_total == usd(1));
}

TEST_CASE("without limits nobody is refused, and costs are counted") {
  admission aut{admission_limits::none()};
  for (auto i = 0; i < 1000; ++i) {
    auto held = aut.admit(agent(), "ip", start);
    REQUIRE(held.has_value());
    std::ignore = held->settle(agent(), cost(0.5), start.wall);
  }
  CHECK(aut.costs(start.wall).session.spent == usd(500));
  CHECK(aut.rates(agent(), "ip", start.steady).ip.remaining == -1);
}

TEST_CASE("who may not know how busy an agent is sees an unused window") {
  admission aut{{.agent_per_minute = 5, .ip_per_minute = 5}};
  CHECK(verdict(aut, "a", "ip") == "ok");
  auto rates = aut.rates({}, "ip", start.steady);
  CHECK(rates.agent.remaining == 5);
  CHECK(rates.agent.reset == 0s);
  CHECK(rates.ip.remaining == 4);
}

TEST_CASE("limits can change while dispatches are under way") {
  admission aut{admission_limits::none()};
  auto before = aut.admit(agent(), "ip", start);
  aut.change_limits(room_for(1));
  auto held = aut.admit(agent(), "ip", start);
  CHECK(held.has_value());
  CHECK(verdict(aut) == "cost_limit");
  aut.change_limits(admission_limits::none());
  CHECK(verdict(aut) == "ok");
}

// Contract section 6, number 12.
TEST_CASE("of 200 at once exactly as many are let in as there is room for") {
  for (auto round = 0; round < 20; ++round) {
    admission aut{room_for(10)};
    std::atomic<int> accepted{0};
    std::vector<std::vector<admission::reservation>> held(4);
    {
      std::vector<std::jthread> threads;
      for (auto& mine : held)
        threads.emplace_back([&aut, &accepted, &mine] {
          for (auto i = 0; i < 50; ++i)
            if (auto x = aut.admit(agent(), "ip", start)) {
              mine.push_back(std::move(*x));
              ++accepted;
            }
        });
    }
    CHECK(accepted == 10);
    held.clear();
    CHECK(verdict(aut) == "ok");
  }
}

// -- prices -------------------------------------------------------------------

TEST_CASE("501 dispatches that cost nothing are under way at once") {
  admission aut{{0, 0, {usd(5), usd(10), usd(0.01), 0.8}, {}}};
  std::vector<admission::reservation> held;
  for (auto i = 0; i < 501; ++i) {
    auto x = aut.admit(agent(), "ip", start);
    REQUIRE(x.has_value());
    held.push_back(std::move(*x));
  }
  for (auto& x : held)
    CHECK_FALSE(x.settle(agent(), cost(0), start.wall));
  CHECK(aut.admit(agent(), "ip", start).has_value());
}

TEST_CASE("an agent has a price once it has reported a cost") {
  admission aut{{0, 0, {usd(1), {}, usd(0.3), 0.8}, {}}};
  {
    auto first = aut.admit(agent("a"), "ip", start);
    REQUIRE(first->settle(agent("a"), cost(0.2), start.wall));
  }
  std::vector<admission::reservation> held;
  while (auto x = aut.admit(agent("a"), "ip", start))
    held.push_back(std::move(*x));
  CHECK(held.size() == 2);
  CHECK(verdict(aut, "b") == "ok");
}

TEST_CASE("every agent has a price where tokens have one") {
  admission aut{room_for(1)};
  auto held = aut.admit(agent(), "ip", start);
  CHECK(verdict(aut, "b") == "cost_limit");
}

TEST_CASE("so many agents' prices are remembered, the first is forgotten") {
  priced_agents aut{2};
  for (auto name : {"a", "b", "b", "c"})
    aut.add(agent(name));
  CHECK_FALSE(aut.contains(agent("a")));
  CHECK(aut.contains(agent("b")));
  CHECK(aut.contains(agent("c")));
}

TEST_CASE("a cost that is not believed stops nobody") {
  auto limits = room_for(10);
  limits.max_per_dispatch = usd(100);
  admission aut{limits};
  auto held = aut.admit(agent(), "ip", start);
  CHECK(held->price().max_per_dispatch == usd(100));
  auto settled = held->settle(agent(), usage_cost{{}, 1e300}, start.wall);
  REQUIRE(settled);
  CHECK(settled->implausible == 1e300);
  CHECK(settled->cost == micro_usd{});
  CHECK(aut.costs(start.wall).session.spent == micro_usd{});
  CHECK(verdict(aut) == "ok");
  SUBCASE("but its tokens have a price") {
    auto other = aut.admit(agent(), "ip", start);
    settled = other->settle(agent(), usage_cost{usd(0.05), 1e300}, start.wall);
    REQUIRE(settled);
    CHECK(settled->cost == usd(0.05));
    CHECK(settled->session_total == usd(0.05));
  }
}

TEST_CASE("after a reset the session has room again") {
  admission aut{room_for(10)};
  auto held = aut.admit(agent(), "ip", start);
  std::ignore = held->settle(agent(), cost(5.25), start.wall);
  CHECK(verdict(aut) == "cost_limit");
  CHECK(aut.reset_session(start.wall).session.spent == usd(5.25));
  CHECK(verdict(aut) == "ok");
  CHECK(aut.costs(start.wall).daily.spent == usd(5.25));
}
