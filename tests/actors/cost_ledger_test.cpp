#include "actors/cost_ledger.hpp"

#include <doctest/doctest.h>

#include <tuple>

using namespace bridgekeeper::actors;
using namespace std::chrono_literals;

namespace {

const cost_ledger::day today{2026y / 11 / 23};
const cost_ledger::day tomorrow = today + std::chrono::days{1};

micro_usd usd(double x) {
  return micro_usd::from_usd(x);
}

cost_limits limits(double session, double daily, double reservation = 0.1) {
  return {usd(session), usd(daily), usd(reservation), 0.8};
}

/// What a dispatch that cost so much leaves; whether it led to a warning.
bool spend(cost_ledger& aut, double cost, cost_ledger::day when = today) {
  auto held = aut.reserve(when);
  REQUIRE(held);
  return aut.settle(*held, usd(cost), when);
}

} // namespace

TEST_CASE("as many may be under way as there is money set aside for") {
  cost_ledger aut{limits(1, 0)};
  for (auto i = 0; i < 10; ++i)
    CHECK(aut.reserve(today));
  CHECK_FALSE(aut.reserve(today));
  CHECK(aut.refusal(today)
        == "Cost limit exceeded. Session: $1.00 / $1.00, Daily: $1.00 / "
           "$0.00");
}

TEST_CASE("the tighter of two limits counts") {
  cost_ledger aut{limits(1, 0.2)};
  CHECK(aut.reserve(today));
  CHECK(aut.reserve(today));
  CHECK_FALSE(aut.reserve(today));
}

TEST_CASE("what was set aside and not needed is free again") {
  cost_ledger aut{limits(0.1, 0)};
  auto held = aut.reserve(today);
  REQUIRE(held);
  CHECK_FALSE(aut.reserve(today));
  aut.release(*held);
  CHECK(aut.reserve(today));
}

TEST_CASE("what a dispatch cost takes the place of what was set aside") {
  cost_ledger aut{limits(1, 0)};
  spend(aut, 0.85);
  CHECK(aut.view(today).session.spent == usd(0.85));
  CHECK(aut.view(today).session.remaining == usd(0.15));
  CHECK(aut.reserve(today));
  CHECK_FALSE(aut.reserve(today));
}

TEST_CASE("a dispatch that costs more than was set aside ends the session") {
  cost_ledger aut{limits(1, 0)};
  spend(aut, 1.5);
  CHECK(aut.view(today).session.remaining == micro_usd{});
  CHECK_FALSE(aut.reserve(today));
  CHECK(aut.refusal(today).starts_with(
      "Cost limit exceeded. Session: $1.50 / $1.00"));
}

TEST_CASE("without reservations a limit holds once it is reached") {
  cost_ledger aut{limits(1, 0, 0)};
  spend(aut, 0.99);
  spend(aut, 0.01);
  CHECK_FALSE(aut.reserve(today));
}

TEST_CASE("without limits all is let in, and counted") {
  cost_ledger aut{limits(0, 0)};
  CHECK_FALSE(spend(aut, 1e6));
  CHECK(aut.reserve(today) == micro_usd{});
  auto view = aut.view(today);
  CHECK(view.session.spent == usd(1e6));
  CHECK(view.daily.limit == micro_usd{});
  CHECK_FALSE(view.session.remaining);
  CHECK_FALSE(view.daily.remaining);
  CHECK_FALSE(view.session.warning);
}

TEST_CASE("a new day begins with nothing spent, a session goes on") {
  cost_ledger aut{limits(10, 1)};
  spend(aut, 1);
  CHECK_FALSE(aut.reserve(today));
  CHECK(aut.reserve(tomorrow));
  CHECK(aut.view(tomorrow).daily.spent == micro_usd{});
  CHECK(aut.view(tomorrow).session.spent == usd(1));
}

TEST_CASE("a dispatch over midnight counts for the day it ended on") {
  cost_ledger aut{limits(10, 10)};
  auto held = aut.reserve(today);
  REQUIRE(held);
  std::ignore = aut.settle(*held, usd(2), tomorrow);
  CHECK(aut.view(tomorrow).daily.spent == usd(2));
}

TEST_CASE("who comes late over midnight does not bring yesterday back") {
  cost_ledger aut{limits(10, 10)};
  spend(aut, 2, tomorrow);
  spend(aut, 1, today);
  CHECK(aut.view(tomorrow).daily.spent == usd(3));
}

TEST_CASE("a clock that is set back by days begins a day") {
  cost_ledger aut{limits(10, 1)};
  spend(aut, 1, today + std::chrono::days{3000});
  CHECK(aut.reserve(today));
}

TEST_CASE("a warning comes once for a limit") {
  cost_ledger aut{limits(10, 0)};
  CHECK_FALSE(spend(aut, 7.9));
  CHECK_FALSE(aut.view(today).session.warning);
  CHECK(spend(aut, 0.1));
  CHECK(aut.view(today).session.warning);
  CHECK_FALSE(spend(aut, 0.1));
  CHECK(aut.view(today).session.warning);
}

TEST_CASE("session and day are warned of separately") {
  cost_ledger aut{limits(10, 5)};
  CHECK(spend(aut, 4));
  CHECK(aut.view(today).daily.warning);
  CHECK_FALSE(aut.view(today).session.warning);
  CHECK(spend(aut, 4, tomorrow));
  CHECK(aut.view(tomorrow).session.warning);
  CHECK(aut.view(tomorrow).daily.warning);
}

TEST_CASE("each day warns anew") {
  cost_ledger aut{limits(0, 1)};
  CHECK(spend(aut, 0.8));
  CHECK(spend(aut, 0.8, tomorrow));
}

TEST_CASE("a threshold is met to the millionth") {
  // As floating-point numbers, 0.8 times 0.3 is more than 0.24.
  cost_ledger aut{limits(0.3, 0, 0)};
  CHECK(spend(aut, 0.24));
}

TEST_CASE("a raised limit warns anew, and makes room") {
  cost_ledger aut{limits(1, 0)};
  CHECK(spend(aut, 1));
  CHECK_FALSE(aut.reserve(today));
  aut.change_limits(limits(2, 0));
  CHECK_FALSE(aut.view(today).session.warning);
  CHECK(spend(aut, 0.6));
}
