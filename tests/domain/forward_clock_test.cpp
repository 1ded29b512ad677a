#include "domain/forward_clock.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace std::chrono_literals;

namespace {

struct clocks {
  timestamp now() {
    return aut.now(system, steady);
  }

  void pass(std::chrono::microseconds time) {
    system += time;
    steady += time;
  }

  forward_clock aut;
  timestamp system{10'000h};
  forward_clock::steady steady{1h};
};

} // namespace

TEST_CASE("a clock that is right is told as it is") {
  clocks x;
  CHECK(x.now() == x.system);
  x.pass(5s);
  CHECK(x.now() == x.system);
  x.system += 2h;
  CHECK(x.now() == x.system);
  CHECK(x.aut.offset() == 0us);
}

// Event times stood still for as long as the clock had been set back.
TEST_CASE("a clock that is set back goes on from where it was") {
  clocks x;
  auto before = x.now();
  x.pass(10s);
  x.system -= 3h;
  CHECK(x.now() == before + 10s);
  CHECK(x.aut.offset() == 3h);
  x.pass(1min);
  CHECK(x.now() == before + 1min + 10s);
  CHECK(x.aut.offset() == 3h);
}

TEST_CASE("the offset loses nothing over many short times") {
  clocks x;
  auto before = x.now();
  x.system -= 3h;
  for (auto i = 0; i < 1'000; ++i) {
    x.steady += 500ns;
    std::ignore = x.now();
  }
  CHECK(x.now() == before + 500us);
}

TEST_CASE("the offset ends when the system's clock has caught up") {
  clocks x;
  auto before = x.now();
  x.system -= 1h;
  CHECK(x.now() == before);
  x.system += 30min;
  CHECK(x.now() == before);
  CHECK(x.aut.offset() == 30min);
  x.system += 31min;
  CHECK(x.now() == before + 1min);
  CHECK(x.aut.offset() == 0us);
}

TEST_CASE("a clock that is slowed a little is no step, and does not run "
          "backwards") {
  clocks x;
  auto before = x.now();
  x.pass(1s);
  x.system -= 900ms;
  CHECK(x.now() == before + 100ms);
  x.system -= 200ms;
  CHECK(x.now() == before + 100ms);
  CHECK(x.aut.offset() == 0us);
}

TEST_CASE("for a few milliseconds the steady clock is not asked") {
  clocks x;
  CHECK(x.aut.now(x.system) == std::nullopt);
  auto first = x.now();
  CHECK(x.aut.now(first) == first);
  CHECK(x.aut.now(first + 1ms) == first + 1ms);
  CHECK(x.aut.now(first + 1s) == std::nullopt);
}

TEST_CASE("a step back is noticed without the steady clock, too") {
  clocks x;
  auto first = x.now();
  CHECK(x.aut.now(first + 2ms) == first + 2ms);
  CHECK(x.aut.now(first + 1ms) == std::nullopt);
  x.system -= 1h;
  x.steady += 3ms;
  CHECK(x.aut.now(x.system) == std::nullopt);
  CHECK(x.now() == first + 3ms);
  // As long as this clock is ahead.
  CHECK(x.aut.now(first + 4ms) == std::nullopt);
}
