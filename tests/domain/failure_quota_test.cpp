#include "domain/failure_quota.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace std::chrono_literals;

namespace {

struct refuser {
  explicit refuser(failure_rule rule = {}) : aut(rule) {}

  /// How many of so many refusals get a line.
  std::size_t refuse(std::size_t count, const std::string& ip = "192.0.2.1") {
    std::size_t out = 0;
    while (count-- > 0)
      if (aut.admit(ip, "http", "missing_token", now))
        ++out;
    return out;
  }

  failure_quota aut;
  failure_quota::time_point now{1h};
};

} // namespace

TEST_CASE("an address has so many lines a minute, and then one number") {
  refuser x;
  CHECK(x.refuse(25) == 20);
  CHECK(x.refuse(3, "192.0.2.2") == 3);
  x.now += 59s;
  CHECK(x.refuse(1) == 0);
  CHECK(x.aut.collect(x.now).empty());
  x.now += 1s;
  auto told = x.aut.collect(x.now);
  REQUIRE(told.size() == 1);
  CHECK(told[0].address == "192.0.2.1");
  CHECK(told[0].gate == "http");
  CHECK(told[0].reason == "missing_token");
  CHECK(told[0].suppressed == 6);
  CHECK(x.aut.collect(x.now).empty());
  CHECK(x.aut.addresses() == 0);
  CHECK(x.refuse(25) == 20);
}

TEST_CASE("addresses of one IPv6 network share their lines") {
  refuser x;
  CHECK(x.refuse(20, "2001:db8::1") == 20);
  CHECK(x.refuse(1, "2001:db8::2") == 0);
  CHECK(x.aut.collect_all().at(0).address == "2001:db8::");
}

TEST_CASE("all addresses together have so many lines, and no more of them are "
          "remembered") {
  failure_rule rule;
  rule.lines = 3;
  refuser x{rule};
  CHECK(x.refuse(2, "192.0.2.1") == 2);
  CHECK(x.refuse(2, "192.0.2.2") == 1);
  CHECK(x.refuse(7, "192.0.2.3") == 0);
  CHECK(x.refuse(7, "192.0.2.4") == 0);
  CHECK(x.aut.addresses() == 2);
  auto told = x.aut.collect_all();
  REQUIRE(told.size() == 2);
  CHECK(told[0].address == "192.0.2.2");
  CHECK(told[0].suppressed == 1);
  CHECK(told[1].address.empty());
  CHECK(told[1].gate.empty());
  CHECK(told[1].suppressed == 14);
}

TEST_CASE("more addresses than are told of by name are told in one number") {
  failure_rule rule;
  rule.lines_per_address = 1;
  rule.summaries = 2;
  refuser x{rule};
  for (auto ip : {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"})
    CHECK(x.refuse(6, ip) == 1);
  auto told = x.aut.collect_all();
  REQUIRE(told.size() == 3);
  CHECK(told[0].suppressed == 5);
  CHECK(told[1].suppressed == 5);
  CHECK(told[2].address.empty());
  CHECK(told[2].suppressed == 10);
}
