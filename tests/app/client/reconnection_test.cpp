#include "app/client/reconnection.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper::app;
using namespace std::chrono_literals;

TEST_CASE("a daemon that has never answered is not tried again") {
  reconnection x;
  CHECK_FALSE(x.next());
}

TEST_CASE("a daemon that has answered is tried again for about a minute") {
  reconnection x;
  x.on_answer();
  backoff::milliseconds total{};
  auto attempts = 0;
  for (; auto wait = x.next(); ++attempts)
    total += *wait;
  CHECK(attempts == 6);
  CHECK(total > 30s);
  CHECK(total < 64s);
  // It has come back, and is lost again.
  x.on_answer();
  auto wait = x.next();
  REQUIRE(wait);
  CHECK(*wait <= 1s);
}
