#include "actors/access/attempt_throttle.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace bridgekeeper::actors;
using namespace std::chrono_literals;
using ms = std::chrono::milliseconds;

namespace {

struct guesser {
  explicit guesser(throttle_rule rule = {})
    : aut(std::make_shared<attempt_throttle>(rule)) {}

  attempt_throttle::penalty fail(const std::string& ip = "192.0.2.1") {
    return aut->on_failure(ip, now);
  }

  /// The delays of so many attempts, none of which is waited for.
  std::vector<ms> delays(std::size_t count, const std::string& ip) {
    std::vector<ms> out;
    while (out.size() < count)
      out.push_back(fail(ip).delay);
    return out;
  }

  std::shared_ptr<attempt_throttle> aut;
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
  std::vector<std::unique_ptr<attempt_throttle::held_answer>> held;
  for (int i = 0; i < 3; ++i) {
    auto penalty = x.fail();
    CHECK(penalty.place);
    held.push_back(std::move(penalty.place));
  }
  auto refused = x.fail();
  CHECK(refused.too_many);
  CHECK(refused.delay == 0ms);
  CHECK_FALSE(refused.place);
  held.pop_back();
  CHECK(x.fail().place);
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
  CHECK(x.aut->addresses() == 2);
  CHECK(x.fail("192.0.2.1").delay == 1s);
  CHECK(x.fail("192.0.2.2").delay == 0ms);
}

TEST_CASE("nobody waits where the longest wait is none") {
  throttle_rule rule;
  rule.longest = 0ms;
  guesser x{rule};
  for (auto delay : x.delays(50, "192.0.2.1"))
    CHECK(delay == 0ms);
  CHECK(x.aut->addresses() == 0);
}
