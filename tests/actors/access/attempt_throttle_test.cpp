#include "actors/access/attempt_throttle.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace bridgekeeper::actors;
using namespace std::chrono_literals;
using ms = std::chrono::milliseconds;

namespace {

struct guesser {
  explicit guesser(throttle_rule rule = {}) : aut(rule) {}

  attempt_throttle::penalty fail(const std::string& ip = "192.0.2.1") {
    return aut.on_failure(ip, now);
  }

  [[nodiscard]] bool is_full(const std::string& ip = "192.0.2.1") const {
    return aut.is_full(ip, now);
  }

  /// The delays of so many attempts, none of which is waited for.
  std::vector<ms> delays(std::size_t count, const std::string& ip) {
    std::vector<ms> out;
    while (out.size() < count)
      out.push_back(fail(ip).delay);
    return out;
  }

  attempt_throttle aut;
  attempt_throttle::time_point now{1h};
};

} // namespace

TEST_CASE("five wrong tokens are free, then each waits twice as long, up to "
          "five seconds") {
  guesser x;
  CHECK(x.delays(11, "192.0.2.1")
        == std::vector<ms>{0ms, 0ms, 0ms, 0ms, 0ms, 500ms, 1s, 2s, 4s, 5s, 5s});
}

TEST_CASE("addresses do not pay for each other") {
  guesser x;
  x.delays(20, "192.0.2.1");
  CHECK(x.fail("192.0.2.2").delay == 0ms);
}

TEST_CASE("addresses of one IPv6 network pay for each other") {
  guesser x;
  x.delays(20, "2001:db8::1");
  CHECK(x.fail("2001:db8::2:3").delay == 5s);
  CHECK(x.fail("2001:db8:0:1::1").delay == 0ms);
  x.delays(20, "::ffff:192.0.2.1");
  CHECK(x.fail("::ffff:192.0.2.2").delay == 0ms);
}

TEST_CASE("what failed a minute ago is forgiven") {
  guesser x;
  x.delays(6, "192.0.2.1");
  x.now += 59s;
  CHECK(x.fail().delay == 1s);
  x.now += 1s;
  CHECK(x.fail().delay == 0ms);
  x.now += 1h;
  CHECK(x.fail().delay == 0ms);
}

TEST_CASE("an address holds a bounded number of answers") {
  throttle_rule rule;
  rule.held_answers = 3;
  guesser x{rule};
  x.delays(5, "192.0.2.1");
  CHECK_FALSE(x.is_full());
  CHECK(x.delays(3, "192.0.2.1") == std::vector<ms>{500ms, 1s, 2s});
  CHECK(x.is_full());
  auto refused = x.fail();
  CHECK(refused.too_many);
  CHECK(refused.delay == 0ms);
  CHECK_FALSE(x.is_full("192.0.2.2"));
  x.now += 500ms;
  CHECK_FALSE(x.is_full());
  CHECK(x.fail().delay == 5s);
  CHECK(x.is_full());
}

TEST_CASE("an IPv6 network is full as one, and empty when all was answered") {
  throttle_rule rule;
  rule.free_attempts = 0;
  rule.held_answers = 1;
  guesser x{rule};
  x.delays(1, "2001:db8::1");
  CHECK(x.is_full("2001:db8::2"));
  CHECK_FALSE(x.is_full("2001:db8:0:1::1"));
  x.now += 500ms;
  CHECK_FALSE(x.is_full("2001:db8::2"));
}

TEST_CASE("more addresses than are remembered push out those that failed "
          "longest ago") {
  throttle_rule rule;
  rule.addresses = 2;
  guesser x{rule};
  x.delays(5, "192.0.2.1");
  x.delays(5, "192.0.2.2");
  CHECK(x.fail("192.0.2.1").delay == 500ms);
  CHECK(x.fail("192.0.2.3").delay == 0ms);
  CHECK(x.aut.addresses() == 2);
  CHECK(x.fail("192.0.2.1").delay == 1s);
  CHECK(x.fail("192.0.2.2").delay == 0ms);
}

TEST_CASE("nobody waits where the longest wait is none") {
  throttle_rule rule;
  rule.longest = 0ms;
  guesser x{rule};
  for (auto delay : x.delays(50, "192.0.2.1"))
    CHECK(delay == 0ms);
  CHECK_FALSE(x.is_full());
  CHECK(x.aut.addresses() == 0);
}
