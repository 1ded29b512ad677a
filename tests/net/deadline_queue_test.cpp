#include "net/deadline_queue.hpp"
#include "support/stepped_clock.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::net;
using namespace std::chrono_literals;
using bridgekeeper::test::stepped_clock;

namespace {

struct fixture {
  stepped_clock clock;
  deadline_queue queue{clock.function()};
  /// What expired, in order.
  std::string log;

  deadline named(char name) {
    return {queue, [this, name] { log += name; }};
  }

  void advance(duration step) {
    clock.advance(step);
    queue.run_due();
  }
};

} // namespace

TEST_CASE_FIXTURE(fixture, "a deadline expires at its time and not before") {
  auto a = named('a');
  a.arm(10ms);
  CHECK(a.armed());
  CHECK(a.when() == clock.now() + 10ms);
  advance(9ms);
  CHECK(log.empty());
  advance(1ms);
  CHECK(log == "a");
  CHECK_FALSE(a.armed());
  advance(1h);
  CHECK(log == "a");
}

TEST_CASE_FIXTURE(fixture, "deadlines expire in the order of their times") {
  auto a = named('a');
  auto b = named('b');
  auto c = named('c');
  c.arm(30ms);
  a.arm(10ms);
  b.arm(20ms);
  CHECK(queue.next() == clock.now() + 10ms);
  advance(1s);
  CHECK(log == "abc");
  CHECK(queue.next() == std::nullopt);
}

TEST_CASE_FIXTURE(fixture, "deadlines of one time expire as they were armed") {
  std::vector<std::unique_ptr<deadline>> all;
  for (char name = 'a'; name <= 'z'; ++name) {
    all.push_back(
        std::make_unique<deadline>(queue, [this, name] { log += name; }));
    all.back()->arm(10ms);
  }
  advance(10ms);
  CHECK(log == "abcdefghijklmnopqrstuvwxyz");
}

TEST_CASE_FIXTURE(fixture, "a disarmed deadline does not expire") {
  auto a = named('a');
  a.arm(10ms);
  a.disarm();
  CHECK_FALSE(a.armed());
  CHECK(queue.next() == std::nullopt);
  a.disarm();
  advance(1h);
  CHECK(log.empty());
}

TEST_CASE_FIXTURE(fixture, "arming again replaces the former time") {
  auto a = named('a');
  a.arm(10ms);
  a.arm(30ms);
  advance(20ms);
  CHECK(log.empty());
  a.arm(5ms);
  CHECK(queue.next() == clock.now() + 5ms);
  advance(5ms);
  CHECK(log == "a");
  advance(1h);
  CHECK(log == "a");
}

TEST_CASE_FIXTURE(fixture, "a time in the past is due at once") {
  auto a = named('a');
  a.arm(-5ms);
  queue.run_due();
  CHECK(log == "a");
}

TEST_CASE_FIXTURE(fixture, "a deadline that is gone does not expire") {
  auto a = std::make_unique<deadline>(queue, [this] { log += 'a'; });
  a->arm(10ms);
  a.reset();
  CHECK(queue.next() == std::nullopt);
  advance(1h);
  CHECK(log.empty());
}

TEST_CASE_FIXTURE(fixture, "a deadline may be destroyed by its own expiry") {
  std::string long_text(100, 'x');
  std::unique_ptr<deadline> a;
  a = std::make_unique<deadline>(queue, [this, &a, long_text] {
    a.reset();
    // What the callback has captured is still there.
    log += long_text;
  });
  a->arm(10ms);
  advance(10ms);
  CHECK(log == long_text);
  CHECK(a == nullptr);
}

TEST_CASE_FIXTURE(fixture, "an expiry may destroy others that are due too") {
  auto c = std::make_unique<deadline>(queue, [this] { log += 'c'; });
  deadline a{queue, [this, &c] {
               log += 'a';
               c.reset();
             }};
  auto b = named('b');
  a.arm(10ms);
  b.arm(20ms);
  c->arm(15ms);
  advance(1s);
  CHECK(log == "ab");
}

TEST_CASE_FIXTURE(fixture, "an expiry may disarm others that are due too") {
  auto b = named('b');
  deadline a{queue, [&b] { b.disarm(); }};
  a.arm(10ms);
  b.arm(10ms);
  advance(10ms);
  CHECK(log.empty());
}

TEST_CASE_FIXTURE(fixture, "a deadline may be armed again by its own expiry") {
  std::optional<deadline> tick;
  tick.emplace(queue, [this, &tick] {
    log += 't';
    tick->arm(10ms);
  });
  tick->arm(10ms);
  for (auto i = 0; i < 5; ++i)
    advance(10ms);
  CHECK(log == "ttttt");
  // One large step is one expiry: it is late, not many times due.
  advance(1h);
  CHECK(log == "tttttt");
}

TEST_CASE_FIXTURE(fixture, "what is armed during expiries waits for the next") {
  auto b = named('b');
  deadline a{queue, [this, &b] {
               log += 'a';
               b.arm(1ms);
             }};
  a.arm(10ms);
  advance(1s);
  CHECK(log == "a");
  advance(1ms);
  CHECK(log == "ab");
}

TEST_CASE_FIXTURE(fixture, "what is armed for now by an expiry waits as well") {
  auto b = named('b');
  deadline a{queue, [this, &b] {
               log += 'a';
               b.arm(0ms);
             }};
  a.arm(10ms);
  advance(10ms);
  CHECK(log == "a");
  queue.run_due();
  CHECK(log == "ab");
}

TEST_CASE("who drives the queue is told when the soonest time moves forward") {
  stepped_clock clock;
  std::vector<time_point> told;
  deadline_queue queue{clock.function(),
                       [&told](time_point when) { told.push_back(when); }};
  auto start = clock.now();
  deadline a{queue, [] {}};
  deadline b{queue, [] {}};
  deadline c{queue, [] {}};
  a.arm(20ms);
  b.arm(30ms);
  c.arm(20ms);
  CHECK(told == std::vector{start + 20ms});
  b.arm(10ms);
  CHECK(told == std::vector{start + 20ms, start + 10ms});
  b.disarm();
  CHECK(told.size() == 2);
}

TEST_CASE_FIXTURE(fixture, "many deadlines expire as a plain list says") {
  std::mt19937 engine{4711};
  auto pick = [&engine](int below) {
    return std::uniform_int_distribution<int>{0, below - 1}(engine);
  };
  constexpr std::size_t count = 500;
  std::vector<std::unique_ptr<deadline>> all(count);
  std::vector<std::optional<time_point>> expected(count);
  auto wrong = 0;
  for (std::size_t i = 0; i < count; ++i)
    all[i] = std::make_unique<deadline>(queue, [&, i] {
      if (!expected[i] || *expected[i] > clock.now())
        ++wrong;
      expected[i].reset();
    });
  for (auto step = 0; step < 20'000; ++step) {
    auto i = static_cast<std::size_t>(pick(count));
    if (pick(4) == 0) {
      all[i]->disarm();
      expected[i].reset();
    } else {
      duration after = std::chrono::microseconds{1 + pick(50'000)};
      all[i]->arm(after);
      expected[i] = clock.now() + after;
    }
    advance(std::chrono::microseconds{pick(200)});
  }
  CHECK(wrong == 0);
  auto overdue =
      std::count_if(expected.begin(), expected.end(), [this](const auto& when) {
        return when && *when <= clock.now();
      });
  CHECK(overdue == 0);
}
