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

TEST_CASE("a socket file is named by its path") {
  auto x = net::parse_endpoint_or_path("unix:/run/bk.sock");
  REQUIRE(x.has_value());
  CHECK(x->is_local());
  CHECK(x->path == "/run/bk.sock");
  CHECK(to_string(*x) == "unix:/run/bk.sock");
  auto host = net::parse_endpoint_or_path("127.0.0.1:80");
  REQUIRE(host.has_value());
  CHECK_FALSE(host->is_local());
  CHECK(net::parse_endpoint("unix:/run/bk.sock").has_error());
}

TEST_CASE("a path that the kernel does not take for a socket is refused") {
  auto name = "unix:/" + std::string(106, 'x');
  CHECK(net::parse_endpoint_or_path(name).has_value());
  CHECK(net::parse_endpoint_or_path(name + "x").has_error());
  CHECK(net::parse_endpoint_or_path("unix:").has_error());
  CHECK(net::parse_endpoint_or_path(std::string{"unix:/a\0b", 9}).has_error());
}
