#include "domain/dispatch_life.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

using namespace bridgekeeper;
using state = dispatch_state;
using step = life_step;

namespace {

constexpr incarnation first{1};
constexpr incarnation second{2};
constexpr retry_policy no_retry{};
constexpr retry_policy always{3, true, true, true};

/// A dispatch in that state, at its first attempt.
dispatch_life in(state x, retry_policy policy = no_retry) {
  dispatch_life out{policy};
  if (x == state::queued)
    return out;
  out.on_sent(first);
  if (x == state::accepted)
    out.on_accepted(1);
  else if (x == state::running)
    out.on_progress(1);
  else if (x == state::completed)
    out.on_response(1);
  else if (x == state::failed)
    out.on_error(1);
  else if (x == state::timed_out)
    out.on_total_timeout();
  else if (x == state::cancelled)
    out.on_cancel();
  else if (x == state::lost)
    out.on_lost(first, errc::agent_lost);
  return out;
}

dispatch_life awaited(state x, retry_policy policy = no_retry) {
  auto out = in(x, policy);
  out.on_link_down(first);
  return out;
}

constexpr std::array all_states{
    state::queued,    state::sent,      state::accepted,
    state::running,   state::completed, state::failed,
    state::timed_out, state::cancelled, state::lost};

using event = std::function<step(dispatch_life&)>;

/// What an event leads to from queued, sent, accepted, running; from an end it
/// must do `at_end` and leave everything as it is.
struct row {
  std::string name;
  event happens;
  std::array<state, 4> to;
  step at_end;
};

std::vector<row> table() {
  using enum state;
  return {
      {"accept",
       [](auto& x) { return x.on_accepted(1); },
       {queued, accepted, accepted, running},
       step::none},
      {"progress",
       [](auto& x) { return x.on_progress(1); },
       {queued, running, running, running},
       step::none},
      {"response",
       [](auto& x) { return x.on_response(1); },
       {queued, completed, completed, completed},
       step::late},
      {"error",
       [](auto& x) { return x.on_error(1); },
       {queued, failed, failed, failed},
       step::late},
      {"attempt timeout",
       [](auto& x) { return x.on_attempt_timeout(1); },
       {queued, timed_out, timed_out, timed_out},
       step::none},
      {"queue timeout",
       [](auto& x) { return x.on_queue_timeout(); },
       {timed_out, sent, accepted, running},
       step::none},
      {"total timeout",
       [](auto& x) { return x.on_total_timeout(); },
       {timed_out, timed_out, timed_out, timed_out},
       step::none},
      {"cancel",
       [](auto& x) { return x.on_cancel(); },
       {cancelled, cancelled, cancelled, cancelled},
       step::none},
      {"unsent",
       [](auto& x) { return x.on_unsent(first); },
       {queued, queued, accepted, running},
       step::none},
      {"lost",
       [](auto& x) { return x.on_lost(first, errc::agent_lost); },
       {queued, lost, lost, lost},
       step::none},
      {"agent gone",
       [](auto& x) { return x.on_agent_gone(errc::agent_lost); },
       {lost, sent, accepted, running},
       step::none},
      {"link down",
       [](auto& x) { return x.on_link_down(first); },
       {queued, sent, accepted, running},
       step::none},
  };
}

} // namespace

TEST_CASE("each event leads from each state where the table says") {
  for (const auto& x : table())
    for (std::size_t i = 0; i < all_states.size(); ++i) {
      CAPTURE(x.name);
      CAPTURE(i);
      auto aut = in(all_states[i]);
      auto outcome = x.happens(aut);
      if (i < x.to.size()) {
        CHECK(aut.state() == x.to[i]);
        CHECK((outcome == step::ended) == is_end(x.to[i]));
      } else {
        CHECK(outcome == x.at_end);
        CHECK(aut.state() == all_states[i]);
      }
    }
}

TEST_CASE("an end says why, unless it is a result or a wish") {
  CHECK(in(state::failed).reason() == errc::task_failed);
  CHECK(in(state::timed_out).reason() == errc::timeout);
  CHECK(in(state::lost).reason() == errc::agent_lost);
  CHECK_FALSE(in(state::completed).reason());
  CHECK_FALSE(in(state::cancelled).reason());
}

TEST_CASE("a failed attempt is retried as long as the policy allows it") {
  auto aut = in(state::running, always);
  CHECK(aut.on_lost(first, errc::agent_lost) == step::retried);
  CHECK(aut.state() == state::queued);
  CHECK(aut.attempt() == 2);
  aut.on_sent(second);
  CHECK(aut.on_error(2) == step::retried);
  aut.on_sent(second);
  CHECK(aut.on_attempt_timeout(3) == step::ended);
  CHECK(aut.state() == state::timed_out);
}

TEST_CASE("a dispatch whose retry is dropped ends as its last attempt has") {
  struct ending {
    event happens;
    state to;
    errc why;
  };
  const std::array<ending, 3> endings{{
      {[](auto& x) { return x.on_error(2); }, state::failed, errc::task_failed},
      {[](auto& x) { return x.on_attempt_timeout(2); }, state::timed_out,
       errc::timeout},
      {[](auto& x) { return x.on_lost(second, errc::evicted); }, state::lost,
       errc::evicted},
  }};
  for (const auto& x : endings) {
    auto aut = in(state::running, always);
    aut.on_error(1);
    aut.on_sent(second);
    CHECK(aut.on_retry_dropped() == step::none);
    REQUIRE(x.happens(aut) == step::retried);
    CHECK(aut.on_retry_dropped() == step::ended);
    CHECK(aut.state() == x.to);
    CHECK(aut.reason() == x.why);
    CHECK(aut.attempt() == 2);
    CHECK(aut.on_retry_dropped() == step::none);
  }
  CHECK(in(state::queued, always).on_retry_dropped() == step::none);
}

TEST_CASE("a policy that names no reason retries nothing") {
  auto aut = in(state::sent, {3, false, true, false});
  CHECK(aut.on_error(1) == step::ended);
  CHECK(aut.state() == state::failed);
}

TEST_CASE("a failure is retried if the policy names its class") {
  retry_policy idle_only{3};
  idle_only.on_classes.add(failure_class::idle);
  for (auto why : failure_classes()) {
    CAPTURE(to_string(why));
    auto is_timeout = why == failure_class::timed_out;
    CHECK(in(state::running, idle_only).on_error(1, why)
          == (why == failure_class::idle ? step::retried : step::ended));
    // `failed` means all of them, and `timed_out` also those that the bridge
    // has ended because of their timeout.
    CHECK(in(state::running, {3, true, false, false}).on_error(1, why)
          == step::retried);
    CHECK(in(state::running, {3, false, true, false}).on_error(1, why)
          == (is_timeout ? step::retried : step::ended));
    CHECK(in(state::running, {3, false, false, true}).on_error(1, why)
          == step::ended);
    auto aut = in(state::running, no_retry);
    CHECK(aut.on_error(1, why) == step::ended);
    CHECK(aut.state() == state::failed);
    CHECK(aut.reason() == errc::task_failed);
  }
  CHECK(in(state::running, idle_only).on_error(1) == step::ended);
  CHECK(in(state::running, idle_only).on_attempt_timeout(1) == step::ended);
}

TEST_CASE("each reason to retry has a name") {
  retry_policy all;
  for (auto name :
       {"lost", "timed_out", "failed", "rate_limited", "auth", "max_turns",
        "budget", "crashed", "idle", "context_too_long", "no_session"}) {
    CAPTURE(name);
    retry_policy one;
    CHECK(add_reason(one, name));
    CHECK(reasons_of(one) == std::vector<std::string_view>{name});
    CHECK(add_reason(all, name));
    CHECK(all_retry_reasons().find(name) != std::string::npos);
  }
  CHECK(reasons_of(all).size() == 11);
  CHECK(all_retry_reasons().starts_with("lost, timed_out, failed, rate_"));
  CHECK(all_retry_reasons().ends_with("context_too_long and no_session"));
  CHECK(reasons_of({}).empty());
  auto before = all;
  for (auto name : {"", "late", "unknown", "Failed"})
    CHECK_FALSE(add_reason(all, name));
  CHECK(all == before);
}

TEST_CASE("the result of an earlier attempt comes late") {
  auto aut = in(state::running, always);
  aut.on_attempt_timeout(1);
  aut.on_sent(second);
  CHECK(aut.on_response(1) == step::late);
  CHECK(aut.state() == state::sent);
  CHECK(aut.on_response(2) == step::ended);
}

TEST_CASE("a superseded link cannot lose a dispatch of its successor") {
  auto aut = awaited(state::running);
  CHECK(aut.on_resumed(second, true) == step::adopted);
  CHECK(aut.on_lost(first, errc::replaced) == step::none);
  CHECK(aut.on_link_down(first) == step::none);
  CHECK(aut.state() == state::running);
  CHECK_FALSE(aut.is_awaited());
}

TEST_CASE("a resumed bridge that never saw the frame gets it again") {
  auto aut = awaited(state::sent);
  CHECK(aut.on_resumed(second, false) == step::resent);
  CHECK(aut.attempt() == 1);
  CHECK(aut.sent_to() == second);
}

TEST_CASE("work that a resumed bridge has forgotten is lost") {
  auto aut = awaited(state::running);
  CHECK(aut.on_resumed(second, false) == step::ended);
  CHECK(aut.state() == state::lost);
}

TEST_CASE("an awaited attempt does not time out before its grace is over") {
  auto aut = awaited(state::running);
  CHECK(aut.on_attempt_timeout(1) == step::none);
  CHECK(aut.on_grace_over(true) == step::ended);
  CHECK(aut.state() == state::timed_out);
  aut = awaited(state::running);
  CHECK(aut.on_grace_over(false) == step::ended);
  CHECK(aut.state() == state::lost);
}

TEST_CASE("a restored dispatch continues where it was") {
  dispatch_life aut{always, {state::running, 2, first, true, errc::timeout}};
  CHECK(aut.state() == state::running);
  CHECK(aut.reason() == errc::timeout);
  CHECK(aut.on_response(1) == step::late);
  CHECK(aut.on_resumed(second, true) == step::adopted);
  CHECK(aut.on_error(2) == step::retried);
  CHECK(aut.attempt() == 3);
}

TEST_CASE("any order of events leaves one end and no trace of late ones") {
  for (std::uint32_t seed = 0; seed < 2'000; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    auto pick = [&random](unsigned most) {
      return std::uniform_int_distribution<unsigned>{0, most}(random);
    };
    retry_policy policy{static_cast<std::uint16_t>(pick(3) + 1), pick(1) == 1,
                        pick(1) == 1, pick(1) == 1};
    auto classes = failure_classes();
    for (auto x : classes)
      if (pick(1) == 1)
        policy.on_classes.add(x);
    dispatch_life aut{policy};
    auto ends = 0;
    for (auto i = 0; i < 40; ++i) {
      auto attempt = static_cast<std::uint16_t>(pick(3) + 1);
      auto link = incarnation{pick(2) + 1};
      auto why = classes[pick(static_cast<unsigned>(classes.size()) - 1)];
      auto before = aut;
      const std::array<event, 16> events{
          [&](auto& x) { return x.on_sent(link); },
          [&](auto& x) { return x.on_unsent(link); },
          [&](auto& x) { return x.on_accepted(attempt); },
          [&](auto& x) { return x.on_progress(attempt); },
          [&](auto& x) { return x.on_response(attempt); },
          [&](auto& x) { return x.on_error(attempt); },
          [&](auto& x) { return x.on_attempt_timeout(attempt); },
          [&](auto& x) { return x.on_queue_timeout(); },
          [&](auto& x) { return x.on_total_timeout(); },
          [&](auto& x) { return x.on_lost(link, errc::agent_lost); },
          [&](auto& x) { return x.on_link_down(link); },
          [&](auto& x) { return x.on_grace_over(attempt == 1); },
          [&](auto& x) { return x.on_resumed(link, attempt == 1); },
          [&](auto& x) { return x.on_cancel(); },
          [&](auto& x) { return x.on_sent(link); },
          [&](auto& x) { return x.on_error(attempt, why); },
      };
      auto which = pick(events.size() - 1);
      // Most walks should not end with the first event.
      if ((which == 8 || which == 13) && pick(9) != 0)
        continue;
      auto outcome = events[which](aut);
      ends += outcome == step::ended ? 1 : 0;
      CHECK((outcome == step::retried) == (aut.attempt() > before.attempt()));
      CHECK(aut.attempt() <= policy.max_attempts);
      CHECK((outcome == step::ended)
            == (is_end(aut.state()) && !is_end(before.state())));
      if (outcome == step::none || outcome == step::late) {
        CHECK(aut.state() == before.state());
        CHECK(aut.is_awaited() == before.is_awaited());
        CHECK(aut.sent_to() == before.sent_to());
        CHECK(aut.reason() == before.reason());
      }
      if (aut.is_awaited()) {
        CHECK_FALSE(is_end(aut.state()));
        CHECK(aut.state() != state::queued);
      }
    }
    CHECK(ends == (is_end(aut.state()) ? 1 : 0));
  }
}
