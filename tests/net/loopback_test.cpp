#include "net/loopback.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper::net;

TEST_CASE("localhost and the addresses of the loopback interface are local") {
  for (auto host : {"localhost", "::1", "127.0.0.1", "127.8.8.8"}) {
    CAPTURE(host);
    CHECK(is_loopback({host, 8000}));
  }
}

TEST_CASE("a name that begins like a loopback address is not local") {
  for (auto host : {"127.example", "0.0.0.0", "::", "192.0.2.1", ""}) {
    CAPTURE(host);
    CHECK_FALSE(is_loopback({host, 8000}));
  }
}
