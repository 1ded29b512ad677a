// The parts of domain that all I/O threads share. Under ThreadSanitizer
// (`./dev test --preset tsan`), these tests also find missing locks.

#include "domain/access/attempt_throttle.hpp"
#include "domain/actor_statistics.hpp"
#include "domain/admission.hpp"
#include "domain/answer_budget.hpp"
#include "domain/control_sessions.hpp"
#include "domain/counters.hpp"
#include "domain/forward_clock.hpp"
#include "domain/reader_mark.hpp"
#include "domain/readiness_notes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <vector>

using namespace bridgekeeper;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t thread_count = 4;
constexpr std::size_t rounds = 200;

/// Runs `task(index)` on each of the threads, as close together as possible,
/// and waits for all of them.
template <class Task>
void on_all_threads(Task task) {
  std::latch ready{thread_count};
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < thread_count; ++i)
    threads.emplace_back([&task, &ready, i] {
      ready.arrive_and_wait();
      task(i);
    });
}

std::string numbered(std::string_view name, std::size_t thread,
                     std::size_t round) {
  return std::string{name} + std::to_string(thread) + '.'
         + std::to_string(round);
}

} // namespace

TEST_CASE("no money is lost when all threads spend it") {
  auto limits = admission_limits::none();
  limits.ip_per_minute = 1'000'000;
  limits.cost.session = micro_usd::from_usd(1000);
  limits.cost.reservation = micro_usd::from_usd(0.5);
  admission aut{limits};
  const moment now{std::chrono::steady_clock::time_point{1h},
                   timestamp{std::chrono::hours{24}}};
  on_all_threads([&](std::size_t thread) {
    agent_id agent{numbered("agent", thread, 0)};
    for (std::size_t i = 0; i < rounds; ++i) {
      auto held = aut.admit(agent, "192.0.2.1", now);
      // Other threads read and change the rates in the meantime.
      std::ignore = aut.rates(agent, "192.0.2.1", now.steady);
      std::ignore = aut.costs(now.wall);
      aut.change_limits(limits);
      if (held && i % 2 == 0)
        std::ignore =
            held->settle(agent, {micro_usd::from_usd(0.01), {}}, now.wall);
    }
  });
  auto costs = aut.costs(now.wall);
  CHECK(costs.session.spent
        == micro_usd::from_usd(0.01 * thread_count * rounds / 2));
  CHECK(costs.reserved == micro_usd{});
}

TEST_CASE("threads that guess for one address wait for turns of their own") {
  throttle_rule rule;
  rule.longest = 24h;
  attempt_throttle aut{rule};
  const attempt_throttle::time_point now{1h};
  const std::string address = "192.0.2.1";
  std::array<std::vector<std::chrono::milliseconds>, thread_count> delays;
  on_all_threads([&](std::size_t thread) {
    for (std::size_t i = 0; i < rounds; ++i) {
      auto guess = numbered("guess", thread, i);
      delays[thread].push_back(aut.take_turn(address, guess, now).delay);
      aut.on_failure(address, guess, now);
      aut.change_rule(rule);
      std::ignore = aut.slows(address, guess, now);
      std::ignore = aut.is_full(address, now, 1s);
      std::ignore = aut.addresses();
    }
  });
  std::vector<std::chrono::milliseconds> all;
  for (const auto& mine : delays)
    all.insert(all.end(), mine.begin(), mine.end());
  std::sort(all.begin(), all.end());
  auto first_late = std::upper_bound(all.begin(), all.end(), 0ms);
  // Each thread may take one turn before a guess of another thread has failed.
  auto undelayed = static_cast<std::size_t>(first_late - all.begin());
  CHECK(undelayed >= rule.free_attempts);
  CHECK(undelayed < rule.free_attempts + thread_count);
  CHECK(std::adjacent_find(first_late, all.end()) == all.end());
}

TEST_CASE("actors are listed while others start and end") {
  auto aut = std::make_shared<actor_statistics>();
  actor_statistics::entry lasting{aut, 1, "registry", 0};
  std::atomic<std::size_t> lists_without_it{0};
  on_all_threads([&](std::size_t thread) {
    for (std::size_t i = 0; i < rounds; ++i) {
      actor_statistics::entry passing{aut, 2, "agent", thread};
      passing.count_direct();
      lasting.count_arrival();
      lasting.count_handled(1);
      auto rows = aut->rows();
      if (rows.empty() || rows.front().id != 1)
        ++lists_without_it;
      if (i % 2 == 0)
        passing.remove();
    }
  });
  CHECK(lists_without_it == 0);
  REQUIRE(aut->rows().size() == 1);
  CHECK(aut->rows().front().handled == thread_count * rounds);
  CHECK(aut->rows().front().mailbox_depth == 0);
}

TEST_CASE("answers of all threads share one budget") {
  constexpr std::size_t total = 1000;
  auto aut = std::make_shared<answer_budget>(answer_limits{total, 600});
  auto shared = std::make_shared<int>(0);
  std::atomic<std::size_t> overdrafts{0};
  on_all_threads([&](std::size_t thread) {
    auto token = numbered("token", thread % 2, 0);
    for (std::size_t i = 0; i < rounds; ++i) {
      auto place = aut->admit(token, {200, shared, 100});
      overdrafts += aut->total() > total ? 1 : 0;
      aut->change_limits({total, 600});
    }
  });
  CHECK(overdrafts == 0);
  CHECK(aut->total() == 0);
}

TEST_CASE("all threads see the sessions that one thread opens") {
  control_sessions aut{thread_count * rounds};
  std::atomic<std::size_t> missing{0};
  on_all_threads([&](std::size_t thread) {
    for (std::size_t i = 0; i < rounds; ++i) {
      session_id mine{numbered("session", thread, i)};
      aut.add(mine);
      missing += aut.contains(mine) ? 0 : 1;
      std::ignore = aut.contains(session_id{numbered("session", 0, i)});
    }
  });
  CHECK(missing == 0);
}

TEST_CASE("threads note and clear problems of a daemon that still works") {
  readiness_notes aut;
  on_all_threads([&](std::size_t thread) {
    auto about = numbered("part", thread, 0);
    for (std::size_t i = 0; i < rounds; ++i) {
      aut.set(about, "It is worn out.");
      std::ignore = aut.all();
      aut.set(about, {});
    }
  });
  CHECK(aut.all().empty());
}

TEST_CASE("the clock of all threads never runs backwards") {
  forward_clock aut;
  std::atomic<std::size_t> steps_back{0};
  on_all_threads([&](std::size_t) {
    timestamp last{};
    for (std::size_t i = 0; i < rounds; ++i) {
      std::chrono::microseconds elapsed{i * 100};
      // The system clock is set back by an hour halfway.
      auto system = timestamp{48h + elapsed - (i > rounds / 2 ? 1h : 0h)};
      auto now = aut.now(system).value_or(timestamp::min());
      if (now == timestamp::min())
        now = aut.now(system, forward_clock::steady{1h + elapsed});
      steps_back += now < last ? 1 : 0;
      last = now;
      std::ignore = aut.offset();
    }
  });
  CHECK(steps_back == 0);
}

TEST_CASE("a counter is read while its thread counts") {
  counter aut;
  std::atomic<std::size_t> steps_back{0};
  on_all_threads([&](std::size_t thread) {
    std::uint64_t last = 0;
    for (std::size_t i = 0; i < rounds; ++i) {
      if (thread == 0)
        ++aut;
      auto now = aut.value();
      steps_back += now < last ? 1 : 0;
      last = now;
    }
  });
  CHECK(steps_back == 0);
  CHECK(aut.value() == rounds);
}

TEST_CASE("of all readers one is the first and one is the last") {
  reader_mark aut;
  std::atomic<std::size_t> first{0};
  std::atomic<std::size_t> last{0};
  on_all_threads([&](std::size_t) { first += aut.enter() ? 1 : 0; });
  on_all_threads([&](std::size_t) { last += aut.leave() ? 1 : 0; });
  CHECK(first == 1);
  CHECK(last == 1);
}
