#include "domain/cost_ledger.hpp"

#include <doctest/doctest.h>

#include <string>
#include <tuple>

using namespace bridgekeeper;
using namespace std::chrono_literals;

namespace {

const std::chrono::sys_days today{2026y / 11 / 23};
const std::chrono::sys_days tomorrow = today + std::chrono::days{1};

micro_usd usd(double x) {
  return micro_usd::from_usd(x);
}

cost_limits limits(double session, double daily, double reservation = 0.1) {
  return {usd(session), usd(daily), usd(reservation), 0.8, 0s};
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::string second_line(const std::string& text) {
  return text.substr(text.find('\n') + 1);
}

/// What a dispatch that cost so much leaves; whether it led to a warning.
bool spend(cost_ledger& aut, double cost, std::chrono::sys_days when = today) {
  auto held = aut.reserve(when, true);
  REQUIRE(held);
  return aut.settle(*held, usd(cost), when);
}

} // namespace

TEST_CASE("as many may be under way as there is money set aside for") {
  cost_ledger aut{limits(1, 0)};
  for (auto i = 0; i < 10; ++i)
    CHECK(aut.reserve(today, true));
  CHECK_FALSE(aut.reserve(today, true));
  CHECK(first_line(aut.refusal(today, true))
        == "Cost limit exceeded. Session: $1.00 / $1.00, Daily: $1.00 / "
           "$0.00");
}

TEST_CASE("the tighter of two limits counts") {
  cost_ledger aut{limits(1, 0.2)};
  CHECK(aut.reserve(today, true));
  CHECK(aut.reserve(today, true));
  CHECK_FALSE(aut.reserve(today, true));
}

TEST_CASE("what was set aside and not needed is free again") {
  cost_ledger aut{limits(0.1, 0)};
  auto held = aut.reserve(today, true);
  REQUIRE(held);
  CHECK_FALSE(aut.reserve(today, true));
  aut.release(*held);
  CHECK(aut.reserve(today, true));
}

TEST_CASE("what a dispatch cost takes the place of what was set aside") {
  cost_ledger aut{limits(1, 0)};
  spend(aut, 0.85);
  CHECK(aut.view(today).session.spent == usd(0.85));
  CHECK(aut.view(today).session.remaining == usd(0.15));
  CHECK(aut.reserve(today, true));
  CHECK_FALSE(aut.reserve(today, true));
}

TEST_CASE("a dispatch that costs more than was set aside ends the session") {
  cost_ledger aut{limits(1, 0)};
  spend(aut, 1.5);
  CHECK(aut.view(today).session.remaining == micro_usd{});
  CHECK_FALSE(aut.reserve(today, true));
  CHECK(first_line(aut.refusal(today, true))
            .starts_with("Cost limit exceeded. Session: $1.50 / $1.00"));
}

TEST_CASE("without reservations a limit holds once it is reached") {
  cost_ledger aut{limits(1, 0, 0)};
  spend(aut, 0.99);
  spend(aut, 0.01);
  CHECK_FALSE(aut.reserve(today, true));
}

TEST_CASE("without limits all is let in, and counted") {
  cost_ledger aut{limits(0, 0)};
  CHECK_FALSE(spend(aut, 1e6));
  CHECK(aut.reserve(today, true) == micro_usd{});
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
  CHECK_FALSE(aut.reserve(today, true));
  CHECK(aut.reserve(tomorrow, true));
  CHECK(aut.view(tomorrow).daily.spent == micro_usd{});
  CHECK(aut.view(tomorrow).session.spent == usd(1));
}

TEST_CASE("a dispatch over midnight counts for the day it ended on") {
  cost_ledger aut{limits(10, 10)};
  auto held = aut.reserve(today, true);
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
  CHECK(aut.reserve(today, true));
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
  CHECK_FALSE(aut.reserve(today, true));
  aut.change_limits(limits(2, 0));
  CHECK_FALSE(aut.view(today).session.warning);
  CHECK(spend(aut, 0.6));
}

// -- prices -------------------------------------------------------------------

TEST_CASE("nothing is set aside for a dispatch without a price") {
  cost_ledger aut{limits(5, 10, 0.01)};
  for (auto i = 0; i < 5000; ++i)
    CHECK(aut.reserve(today, false) == micro_usd{});
  CHECK(aut.view(today).reserved == micro_usd{});
  CHECK(aut.reserve(today, true) == usd(0.01));
  CHECK(aut.view(today).reserved == usd(0.01));
}

TEST_CASE("a dispatch without a price is refused once a limit is reached") {
  cost_ledger aut{limits(1, 0)};
  spend(aut, 0.95);
  CHECK_FALSE(aut.reserve(today, true));
  CHECK(aut.reserve(today, false));
  CHECK_FALSE(aut.settle({}, usd(0.05), today));
  CHECK_FALSE(aut.reserve(today, false));
}

// -- the session's end --------------------------------------------------------

TEST_CASE("session spending starts again after the session's window") {
  auto wanted = limits(1, 0);
  wanted.session_window = 24h;
  cost_ledger aut{wanted};
  timestamp start = today + 9h;
  CHECK(aut.reserve(start, true));
  std::ignore = aut.settle(usd(0.1), usd(1.5), start + 1h);
  CHECK_FALSE(aut.reserve(start + 24h - 1us, true));
  CHECK(aut.view(start + 1h).session.since == start);
  CHECK(aut.view(start + 1h).session.starts_again == start + 24h);
  CHECK(aut.reserve(start + 24h, true));
  CHECK(aut.view(start + 24h).session.spent == micro_usd{});
  CHECK(aut.view(start + 24h).session.since == start + 24h);
  SUBCASE("and warns again") {
    CHECK(aut.settle(usd(0.1), usd(0.9), start + 25h));
  }
}

TEST_CASE("a session goes on in the next daemon, until its window ends") {
  auto wanted = limits(1, 0);
  wanted.session_window = 24h;
  cost_ledger aut{wanted};
  timestamp start = today + 9h;
  aut.restore(usd(0.95), start, {}, start + 23h);
  CHECK_FALSE(aut.reserve(start + 23h, true));
  CHECK(aut.reserve(start + 24h, true));
  cost_ledger later{wanted};
  later.restore(usd(0.95), start, {}, start + 24h);
  CHECK(later.view(start + 24h).session.spent == micro_usd{});
}

TEST_CASE("a window of 0 lasts until the session is reset") {
  cost_ledger aut{limits(1, 0)};
  spend(aut, 2);
  CHECK_FALSE(aut.reserve(today + std::chrono::days{4000}, true));
  CHECK_FALSE(aut.view(today).session.starts_again);
}

TEST_CASE("a reset session has spent nothing, and the day goes on") {
  cost_ledger aut{limits(1, 10)};
  auto held = aut.reserve(today, true);
  spend(aut, 3);
  aut.reset_session(today + 2h);
  auto view = aut.view(today + 2h);
  CHECK(view.session.spent == micro_usd{});
  CHECK(view.session.since == today + 2h);
  CHECK(view.daily.spent == usd(3));
  CHECK(view.reserved == held);
  CHECK(aut.reserve(today + 2h, true));
}

TEST_CASE("a clock that is set back does not make a session longer") {
  auto wanted = limits(1, 0);
  wanted.session_window = 24h;
  cost_ledger aut{wanted};
  std::ignore = aut.view(today + std::chrono::days{3000});
  spend(aut, 2);
  CHECK(aut.view(today).session.starts_again == today + 24h);
}

TEST_CASE("a refusal names its settings and when they leave room again") {
  auto wanted = limits(1, 2);
  wanted.session_window = 24h;
  cost_ledger aut{wanted};
  spend(aut, 1);
  CHECK(second_line(aut.refusal(today, true))
        == "cost.session_limit_usd is reached. Session spending is reset to 0 "
           "at 2026-11-24T00:00:00Z (cost.session_window), or by `bridgekeeper "
           "costs --reset-session` or POST /control/context/reset.");
  aut.reset_session(today);
  std::ignore = aut.settle({}, usd(1), today);
  CHECK(second_line(aut.refusal(today, true))
        == "cost.session_limit_usd is reached. Session spending is reset to 0 "
           "at 2026-11-24T00:00:00Z (cost.session_window), or by `bridgekeeper "
           "costs --reset-session` or POST /control/context/reset. "
           "cost.daily_limit_usd is reached. Daily spending is reset to 0 at "
           "2026-11-24T00:00:00Z.");
  wanted.session_window = 0s;
  wanted.daily = {};
  aut.change_limits(wanted);
  CHECK(second_line(aut.refusal(today, true))
        == "cost.session_limit_usd is reached. Session spending is reset to 0 "
           "by `bridgekeeper costs --reset-session` or POST "
           "/control/context/reset.");
}
