#include "app/client/proxy_choice.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

using variables = std::map<std::string, std::string>;

result<std::optional<net::client_proxy>>
proxy_for(const std::string& url, const variables& environment) {
  auto address = parse_server_address(url);
  REQUIRE(address.has_value());
  return find_proxy(*address, [&](const char* name) {
    auto i = environment.find(name);
    return i != environment.end() ? i->second : std::string{};
  });
}

/// `HOST:PORT` of the proxy, or empty.
std::string hop(const std::string& url, const variables& environment) {
  auto found = proxy_for(url, environment);
  REQUIRE(found.has_value());
  return *found ? to_string((*found)->server) : std::string{};
}

bool excluded(const std::string& list, const std::string& host,
              std::uint16_t port = 443) {
  return is_excluded(list, {host, port});
}

} // namespace

TEST_CASE("a TLS connection goes through the proxy that HTTPS_PROXY names") {
  CHECK(hop("wss://keeper.example.com",
            {{"HTTPS_PROXY", "http://proxy.example.com:3128/"}})
        == "proxy.example.com:3128");
  CHECK(hop("https://keeper.example.com", {{"https_proxy", "10.0.0.1:8080"}})
        == "10.0.0.1:8080");
  CHECK(hop("wss://keeper.example.com", {{"HTTPS_PROXY", "http://[::1]:1"}})
        == "[::1]:1");
  // Which is mostly for programs that speak SOCKS.
  CHECK(hop("wss://keeper.example.com", {{"ALL_PROXY", "socks5://proxy:1080"}})
            .empty());
  CHECK(hop("wss://keeper.example.com", {{"HTTPS_PROXY", " "}}).empty());
  CHECK(hop("wss://keeper.example.com", {}).empty());
}

TEST_CASE("a proxy is not used without TLS or for this host") {
  variables all{{"HTTPS_PROXY", "http://proxy:3128"}};
  CHECK(hop("ws://keeper.example.com", all).empty());
  CHECK(hop("unix:/run/keeper.sock", all).empty());
  CHECK(hop("wss://localhost:8000", all).empty());
  CHECK(hop("wss://127.0.0.1:8000", all).empty());
  CHECK(hop("wss://[::1]:8000", all).empty());
}

TEST_CASE("NO_PROXY excludes names, subdomains, addresses and networks") {
  CHECK(excluded("*", "a.example.com"));
  CHECK(excluded("example.com", "example.com"));
  CHECK(excluded("example.com", "a.EXAMPLE.com"));
  CHECK(excluded(".example.com", "a.example.com"));
  CHECK_FALSE(excluded("example.com", "notexample.com"));
  CHECK(excluded("x, 10.0.0.0/8", "10.1.2.3"));
  CHECK_FALSE(excluded("10.0.0.0/8", "11.1.2.3"));
  CHECK_FALSE(excluded("10.0.0.0/8", "host10"));
  CHECK(excluded("fd00::/8", "fd00::7"));
  CHECK(excluded("192.0.2.1", "192.0.2.1"));
  CHECK(excluded("[fd00::7]:443", "fd00::7"));
  CHECK(excluded("example.com:443", "example.com"));
  CHECK_FALSE(excluded("example.com:444", "example.com"));
  CHECK_FALSE(excluded("", "example.com"));
  CHECK_FALSE(excluded(",., ,", "example.com"));
}

TEST_CASE("the name and password of a proxy become its authorization") {
  auto found = proxy_for("wss://k.example.com",
                         {{"HTTPS_PROXY", "http://me:p%40ss@proxy:3128"}});
  REQUIRE(found.has_value());
  REQUIRE(found->has_value());
  // base64 of me:p@ss
  CHECK((*found)->authorization == "Basic bWU6cEBzcw==");
  CHECK(to_string((*found)->server) == "proxy:3128");
}

TEST_CASE("an unusable proxy is an error that does not show its password") {
  for (auto url : {"socks5://me:secret@proxy:1080", "http://me:secret@:x",
                   "https://me:secret@proxy"}) {
    auto found = proxy_for("wss://k.example.com", {{"HTTPS_PROXY", url}});
    REQUIRE_FALSE(found.has_value());
    auto text = to_string(found.error());
    CAPTURE(text);
    CHECK(text.find("HTTPS_PROXY") != text.npos);
    CHECK(text.find("secret") == text.npos);
  }
}
