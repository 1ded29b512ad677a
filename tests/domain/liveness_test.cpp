#include "domain/liveness.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace std::chrono_literals;

namespace {

constexpr liveness::time_point start{1h};

/// Beats `count` times, `gap` apart.
void beat_on(liveness& aut, liveness::time_point& now,
             std::chrono::milliseconds gap, int count) {
  for (int i = 0; i < count; ++i) {
    now += gap;
    aut.beat(now);
  }
}

} // namespace

// -- contract section 6, number 1 ---------------------------------------------

TEST_CASE("before three beats a bridge may be silent for 2.5 timeouts") {
  liveness aut{{30s, true}};
  CHECK(aut.silence_allowed() == 75s);
  aut.beat(start);
  CHECK(aut.silence_allowed() == 75s);
  aut.beat(start + 1s);
  CHECK(aut.silence_allowed() == 75s);
  aut.beat(start + 2s);
  CHECK(aut.silence_allowed() == 30s);
}

TEST_CASE("a bridge that beats every 30 s may be silent for 75 s") {
  liveness aut{{30s, true}};
  auto now = start;
  beat_on(aut, now, 30s, 100);
  CHECK(aut.longest_gap() == 30s);
  CHECK(aut.silence_allowed() == 75s);
  CHECK(aut.beats() == 100);
}

TEST_CASE("however fast a bridge beats, it may be silent for the timeout") {
  liveness aut{{30s, true}};
  auto now = start;
  beat_on(aut, now, 100ms, 50);
  CHECK(aut.silence_allowed() == 30s);
}

TEST_CASE("a rhythm slower than the timeout is learned") {
  liveness aut{{30s, true}};
  auto now = start;
  beat_on(aut, now, 2min, 3);
  CHECK(aut.silence_allowed() == 5min);
}

TEST_CASE("the longest of the last ten gaps counts, and no older one") {
  liveness aut{{30s, true}};
  auto now = start;
  aut.beat(now);
  beat_on(aut, now, 200s, 1);
  beat_on(aut, now, 10s, 9);
  CHECK(aut.longest_gap() == 200s);
  CHECK(aut.silence_allowed() == 500s);
  beat_on(aut, now, 10s, 1);
  CHECK(aut.longest_gap() == 10s);
  CHECK(aut.silence_allowed() == 30s);
}

TEST_CASE("a long gap counts from the moment it ends") {
  liveness aut{{30s, true}};
  auto now = start;
  beat_on(aut, now, 10s, 20);
  beat_on(aut, now, 70s, 1);
  CHECK(aut.silence_allowed() == 175s);
}

TEST_CASE("half milliseconds of 2.5 gaps are not lost where it matters") {
  liveness aut{{1ms, true}};
  auto now = start;
  beat_on(aut, now, 3ms, 3);
  CHECK(aut.silence_allowed() == 7ms);
}

TEST_CASE("without adaptation a bridge is stale after the timeout") {
  liveness aut{{30s, false}};
  CHECK(aut.silence_allowed() == 30s);
  auto now = start;
  beat_on(aut, now, 2min, 10);
  CHECK(aut.silence_allowed() == 30s);
}

TEST_CASE("silence of just what is allowed is not yet too much") {
  liveness aut{{30s, false}};
  CHECK_FALSE(aut.is_stale(start, start));
  CHECK_FALSE(aut.is_stale(start, start + 30s));
  CHECK(aut.is_stale(start, start + 30s + 1ms));
}

TEST_CASE("what counts is the last byte, not the last beat") {
  liveness aut{{30s, true}};
  auto now = start;
  beat_on(aut, now, 1s, 5);
  auto last_inbound = now + 10min;
  CHECK_FALSE(aut.is_stale(last_inbound, last_inbound + 30s));
  CHECK(aut.is_stale(last_inbound, last_inbound + 31s));
}
