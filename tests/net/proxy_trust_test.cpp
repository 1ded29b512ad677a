#include "net/proxy_trust.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::net;

namespace {

proxy_trust trusting(std::initializer_list<const char*> networks) {
  std::vector<ip_network> out;
  for (auto text : networks) {
    auto network = parse_network(text);
    CAPTURE(text);
    REQUIRE(network);
    out.push_back(*network);
  }
  return proxy_trust{std::move(out)};
}

} // namespace

TEST_CASE("addresses and networks of both kinds are read") {
  for (auto text : {"127.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "::1", "fd00::/8",
                    "::/0", "192.0.2.1/32", "2001:db8::1/128"}) {
    CAPTURE(text);
    CHECK(parse_network(text));
  }
}

TEST_CASE("what is no address and no network is refused") {
  for (auto text :
       {"", "localhost", "10.0.0", "10.0.0.256", "10.0.0.0/33", "10.0.0.0/",
        "10.0.0.0/-1", "10.0.0.0/8x", "::/129", "/8", "1.2.3.4 ", "[::1]",
        "fe80::1%eth0", "127.0.0.1:80", "10.0.0.0/8/8"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_network(text));
  }
}

TEST_CASE("a network holds its addresses and no others") {
  auto aut = trusting({"10.1.0.0/16", "192.0.2.128/25", "fd00:1::/33"});
  for (auto inside : {"10.1.0.0", "10.1.255.255", "192.0.2.128", "192.0.2.255",
                      "fd00:1::", "fd00:1:7fff::1", "::ffff:10.1.2.3"}) {
    CAPTURE(inside);
    CHECK(aut.trusts(inside));
  }
  for (auto outside : {"10.0.255.255", "10.2.0.0", "192.0.2.127", "192.0.3.128",
                       "fd00:1:8000::", "fd00:2::", "::1", "no address", ""}) {
    CAPTURE(outside);
    CHECK_FALSE(aut.trusts(outside));
  }
}

TEST_CASE("a network of no bits holds every address of its kind") {
  CHECK(trusting({"0.0.0.0/0"}).trusts("203.0.113.9"));
  CHECK_FALSE(trusting({"0.0.0.0/0"}).trusts("2001:db8::1"));
  CHECK(trusting({"::/0"}).trusts("2001:db8::1"));
}

TEST_CASE("a stranger's word on whom it asks for does not count") {
  auto aut = trusting({"10.0.0.1"});
  CHECK(aut.client_of("203.0.113.9", "1.2.3.4") == "203.0.113.9");
  CHECK(proxy_trust{}.client_of("10.0.0.1", "1.2.3.4") == "10.0.0.1");
}

TEST_CASE("a trusted proxy says whom it was asked by") {
  auto aut = trusting({"10.0.0.1"});
  CHECK(aut.client_of("10.0.0.1", "203.0.113.9") == "203.0.113.9");
  CHECK(aut.client_of("10.0.0.1", " \t203.0.113.9 ") == "203.0.113.9");
  CHECK(aut.client_of("10.0.0.1", "2001:DB8:0::1") == "2001:db8::1");
  CHECK(aut.client_of("10.0.0.1", "::ffff:203.0.113.9") == "203.0.113.9");
}

TEST_CASE("a port beside the client's address is left out") {
  auto aut = trusting({"10.0.0.1"});
  CHECK(aut.client_of("10.0.0.1", "203.0.113.9:5678") == "203.0.113.9");
  CHECK(aut.client_of("10.0.0.1", "[2001:db8::1]:443") == "2001:db8::1");
  CHECK(aut.client_of("10.0.0.1", "[2001:db8::1]") == "2001:db8::1");
  CHECK(aut.client_of("10.0.0.1", "2001:db8::1:443") == "2001:db8::1:443");
}

TEST_CASE("the first from the right that is not ours is the client") {
  auto aut = trusting({"10.0.0.0/8", "fd00::/8"});
  CHECK(aut.client_of("10.0.0.1", "203.0.113.9, 10.0.0.3, fd00::2")
        == "203.0.113.9");
  // Left of it a client may have written what it liked.
  CHECK(aut.client_of("10.0.0.1", "10.9.9.9, 203.0.113.9, 10.0.0.3")
        == "203.0.113.9");
  CHECK(aut.client_of("10.0.0.1", "<script>, 203.0.113.9") == "203.0.113.9");
}

TEST_CASE("where all are ours the leftmost is the client") {
  auto aut = trusting({"10.0.0.0/8"});
  CHECK(aut.client_of("10.0.0.1", "10.0.0.3, 10.0.0.2") == "10.0.0.3");
}

TEST_CASE("a proxy that says nothing legible is the client itself") {
  auto aut = trusting({"10.0.0.0/8"});
  for (auto text :
       {"", " ", ",", "unknown", "203.0.113.9, ", "1.2.3.4:", "1.2.3.4:x", "[",
        "]", "[]", ":", ":80", "[]:80", "[2001:db8::1", "2001:db8::1]:80",
        "203.0.113.9, x, 10.0.0.2", "_hidden", "203.0.113.9 10.0.0.2"}) {
    CAPTURE(text);
    CHECK(aut.client_of("10.0.0.1", text) == "10.0.0.1");
  }
  CHECK(aut.client_of("10.0.0.1", std::string(10'000, '1')) == "10.0.0.1");
  CHECK(aut.client_of("10.0.0.1", std::string("1.2.3.4\0", 8)) == "10.0.0.1");
}

TEST_CASE("the peers of a socket file are believed like proxies") {
  proxy_trust nobody;
  CHECK(nobody.trusts("uid:1000"));
  CHECK(nobody.client_of("uid:1000", "") == "uid:1000");
  CHECK(nobody.client_of("uid:1000", "192.0.2.1") == "192.0.2.1");
  // It is not written by them, but by us.
  CHECK(nobody.client_of("uid:1000", "uid:0") == "uid:1000");
}
