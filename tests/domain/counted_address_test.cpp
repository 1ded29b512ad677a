#include "domain/counted_address.hpp"

#include <doctest/doctest.h>

using bridgekeeper::counted_address;

TEST_CASE("an IPv6 address counts as its network") {
  CHECK(counted_address("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::");
  CHECK(counted_address("::1") == "::");
}

TEST_CASE("an IPv4 address counts as itself, however it is written") {
  CHECK(counted_address("192.0.2.1") == "192.0.2.1");
  CHECK(counted_address("::ffff:192.0.2.1") == "192.0.2.1");
}

TEST_CASE("text that is not an address counts as itself") {
  CHECK(counted_address("console") == "console");
  CHECK(counted_address("").empty());
}
