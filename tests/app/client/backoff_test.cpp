#include "app/client/backoff.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;
using namespace std::chrono_literals;

TEST_CASE("waits double from half a second up to a minute") {
  backoff shortest{[] { return 0.0; }};
  for (auto expected :
       {500ms, 1000ms, 2000ms, 4000ms, 8000ms, 16000ms, 30000ms, 30000ms})
    CHECK(shortest.next() == expected);
}

TEST_CASE("chance adds at most as much again as the shortest wait") {
  backoff longest{[] { return 1.0; }};
  for (auto expected :
       {1000ms, 2000ms, 4000ms, 8000ms, 16000ms, 32000ms, 60000ms, 60000ms})
    CHECK(longest.next() == expected);
}

TEST_CASE("after a success the waits start over") {
  backoff waits{[] { return 1.0; }};
  CHECK(waits.next() == 1s);
  CHECK(waits.next() == 2s);
  waits.reset();
  CHECK(waits.next() == 1s);
}

TEST_CASE("a server that names a time is left alone for as long") {
  backoff soonest{[] { return 0.0; }};
  CHECK(soonest.next(7s) == 7s);
  backoff latest{[] { return 1.0; }};
  CHECK(latest.next(7s) == 10500ms);
}

TEST_CASE("a server that names a shorter time than ours gets ours") {
  backoff waits{[] { return 1.0; }};
  for (auto i = 0; i < 5; ++i)
    (void)waits.next();
  CHECK(waits.next(0s) == 32s);
}

TEST_CASE("a server cannot send anybody away for years") {
  backoff waits{[] { return 0.0; }};
  CHECK(waits.next(std::chrono::seconds{4'000'000'000}) == 24h);
}

TEST_CASE("two clients do not come back at the same moment") {
  backoff one;
  auto first = one.next();
  CHECK(first >= 500ms);
  CHECK(first <= 1000ms);
  auto differ = false;
  for (auto i = 0; i < 20 && !differ; ++i) {
    backoff other;
    differ = other.next() != first;
  }
  CHECK(differ);
}

TEST_CASE("a server that goes away is left alone for as long as it asked for") {
  backoff soonest{[] { return 0.0; }};
  CHECK(soonest.after(7s) == 7s);
  CHECK(soonest.after(0s) == 0s);
  backoff latest{[] { return 1.0; }};
  CHECK(latest.after(7s) == 10500ms);
  // Many bridges must not come back at the same moment.
  CHECK(latest.after(0s) == 1s);
  // The waits after failures are as before.
  CHECK(latest.next() == 1s);
}
