#include "net/endpoint.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using net::endpoint;
using net::parse_endpoint;

TEST_CASE("an endpoint is a host and a port") {
  for (auto text : {"127.0.0.1:8000", "localhost:0", "[::1]:65535",
                    "example.org:80", "[fe80::1]:443", "0.0.0.0:1"}) {
    CAPTURE(text);
    auto x = parse_endpoint(text);
    REQUIRE(x.has_value());
    CHECK(to_string(*x) == text);
  }
}

TEST_CASE("the brackets of an IPv6 address are not part of the host") {
  auto x = parse_endpoint("[::1]:8000");
  REQUIRE(x.has_value());
  CHECK(x->host == "::1");
  CHECK(x->port == 8000);
}

TEST_CASE("text that is no endpoint says what one looks like") {
  for (auto text : {"",
                    ":",
                    ":8000",
                    "localhost",
                    "localhost:",
                    "8000",
                    "localhost:http",
                    "localhost:80a",
                    "localhost: 80",
                    "localhost:-1",
                    "localhost:+1",
                    "localhost:65536",
                    "localhost:99999999999999",
                    "::1",
                    "::1:8000",
                    "[::1]",
                    "[::1]8000",
                    "[]:80",
                    "[::1:80",
                    "::1]:80"}) {
    CAPTURE(text);
    auto x = parse_endpoint(text);
    REQUIRE(x.has_error());
    CHECK(x.error().detail
          == "\"" + std::string{text}
                 + "\" is not HOST:PORT (for example 127.0.0.1:8000 or "
                   "[::1]:8000)");
  }
}
