#include "domain/access/attempt_throttle.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace bridgekeeper;
using namespace std::chrono_literals;

namespace {

using ms = std::chrono::milliseconds;

struct guesser {
  explicit guesser(throttle_rule rule = {}) : aut(rule) {}

  /// Sends a token that is wrong, and has it looked at when its turn comes.
  attempt_throttle::turn fail(const std::string& token,
                              const std::string& address = "192.0.2.1") {
    auto out = aut.take_turn(address, token, now);
    if (!out.too_many)
      aut.on_failure(address, token, now);
    return out;
  }

  /// So many different wrong tokens.
  std::vector<ms> delays(int count, const std::string& address = "192.0.2.1") {
    std::vector<ms> out;
    while (count-- > 0)
      out.push_back(fail("guess-" + std::to_string(++sent), address).delay);
    return out;
  }

  ms delay_of(const std::string& token,
              const std::string& address = "192.0.2.1") {
    return aut.take_turn(address, token, now).delay;
  }

  attempt_throttle aut;
  attempt_throttle::time_point now{1h};
  int sent = 0;
};

} // namespace

TEST_CASE("five different wrong tokens are free, then one token a second is "
          "looked at") {
  guesser x;
  CHECK(x.delays(8) == std::vector<ms>{0ms, 0ms, 0ms, 0ms, 0ms, 1s, 2s, 3s});
  x.now += 10s;
  CHECK(x.delays(2) == std::vector<ms>{1s, 2s});
}

TEST_CASE("a right token from an address in penalty waits as long as a wrong "
          "one") {
  guesser x;
  x.delays(5);
  CHECK(x.delay_of("right") == 1s);
  CHECK(x.fail("another guess").delay == 2s);
  CHECK(x.delay_of("right") == 3s);
}

// A fleet with one revoked token made its address wait.
TEST_CASE("a wrong token that is sent again is no further guess") {
  guesser x;
  for (auto i = 0; i < 100; ++i)
    CHECK(x.fail("revoked").delay == 0ms);
  CHECK(x.delay_of("right") == 0ms);
  x.delays(4);
  CHECK(x.delay_of("right") == 1s);
  CHECK(x.fail("revoked").delay == 0ms);
  CHECK(x.delay_of("right") == 2s);
}

TEST_CASE("addresses do not pay for each other") {
  guesser x;
  x.delays(20);
  CHECK(x.delay_of("right", "192.0.2.2") == 0ms);
}

TEST_CASE("what web pages send counts apart from the rest of their address") {
  auto page = throttled_address("192.0.2.1", true);
  CHECK(throttled_address("192.0.2.1", false) == "192.0.2.1");
  CHECK(throttled_address("2001:db8::1", false) == "2001:db8::");
  guesser x;
  x.delays(20, page);
  CHECK(x.delay_of("right") == 0ms);
  CHECK(x.aut.slows(page, "right", x.now));
}

TEST_CASE("what failed a minute ago is forgiven") {
  guesser x;
  x.delays(5);
  x.now += 59s;
  CHECK(x.delay_of("right") == 1s);
  x.now += 1s;
  CHECK(x.delay_of("right") == 0ms);
}

TEST_CASE("no more tokens wait than get their turn in time") {
  guesser x;
  x.delays(5);
  CHECK(x.delays(5) == std::vector<ms>{1s, 2s, 3s, 4s, 5s});
  CHECK(x.fail("one too many").too_many);
  x.now += 1s;
  CHECK(x.fail("in time again").delay == 5s);
}

TEST_CASE("a peer with more patience waits behind those with less") {
  guesser x;
  x.delays(10);
  auto address = std::string{"192.0.2.1"};
  CHECK_FALSE(x.aut.is_full(address, x.now, 7s));
  CHECK(x.aut.take_turn(address, "right", x.now, 7s).delay == 6s);
  CHECK(x.aut.take_turn(address, "right", x.now, 7s).delay == 7s);
  CHECK(x.aut.is_full(address, x.now, 7s));
  CHECK(x.aut.take_turn(address, "right", x.now, 7s).too_many);
  CHECK_FALSE(x.aut.is_full("192.0.2.2", x.now, 7s));
}

TEST_CASE("more addresses than are remembered push out those that failed "
          "longest ago") {
  throttle_rule rule;
  rule.addresses = 2;
  guesser x{rule};
  x.delays(5, "192.0.2.1");
  x.delays(5, "192.0.2.2");
  x.delays(1, "192.0.2.1");
  x.delays(1, "192.0.2.3");
  CHECK(x.aut.addresses() == 2);
  CHECK(x.delay_of("right", "192.0.2.1") > 0ms);
  CHECK(x.delay_of("right", "192.0.2.2") == 0ms);
}

TEST_CASE("nobody waits where the longest wait is none") {
  throttle_rule rule;
  rule.longest = 0ms;
  guesser x{rule};
  for (auto delay : x.delays(50))
    CHECK(delay == 0ms);
  CHECK_FALSE(x.aut.is_full("192.0.2.1", x.now, 0ms));
  CHECK(x.aut.addresses() == 0);
}
