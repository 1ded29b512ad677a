#include "app/client/server_address.hpp"
#include "app/scratch_dir.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

/// Host, port and the path of an endpoint, in one string; or "refused".
std::string read(std::string_view url) {
  auto x = parse_server_address(url);
  if (!x)
    return "refused";
  return x->server.host + ' ' + std::to_string(x->server.port) + ' '
         + x->target("/ws/control");
}

std::string read_file(std::string_view text) {
  auto x = parse_daemon_file(text);
  return x ? to_string(x->server) : "refused";
}

} // namespace

TEST_CASE("an address is read with and without its parts") {
  CHECK(read("http://127.0.0.1:8000") == "127.0.0.1 8000 /ws/control");
  CHECK(read("ws://example.org:81/") == "example.org 81 /ws/control");
  CHECK(read("http://example.org") == "example.org 80 /ws/control");
  CHECK(read("example.org") == "example.org 8000 /ws/control");
  CHECK(read("example.org:9") == "example.org 9 /ws/control");
  CHECK(read("http://[::1]:8000") == "::1 8000 /ws/control");
  CHECK(read("http://[::1]/x") == "::1 80 /x/ws/control");
  CHECK(read("[fe80::1]") == "fe80::1 8000 /ws/control");
}

TEST_CASE("the query of an endpoint is kept beside that of the address") {
  auto x = parse_server_address("http://h/x?key=1");
  REQUIRE(x.has_value());
  CHECK(x->target("/control/dispatches") == "/x/control/dispatches?key=1");
  CHECK(x->target("/control/dispatches?limit=5")
        == "/x/control/dispatches?limit=5&key=1");
}

TEST_CASE("https and wss mean TLS, by default on port 443") {
  CHECK(read("https://example.org") == "example.org 443 /ws/control");
  CHECK(read("wss://[::1]:8000/x") == "::1 8000 /x/ws/control");
  for (auto url : {"https://h", "wss://h:1"})
    CHECK(parse_server_address(url)->tls);
  for (auto url : {"http://h", "ws://h", "h", "h:443"})
    CHECK_FALSE(parse_server_address(url)->tls);
}

TEST_CASE("a prefix and a query are kept") {
  CHECK(read("http://h/bk/") == "h 80 /bk/ws/control");
  CHECK(read("http://h/bk?a=1#top") == "h 80 /bk/ws/control?a=1");
}

TEST_CASE("an address that names the endpoint already is taken as it is") {
  CHECK(read("ws://h:1/ws/control") == "h 1 /ws/control");
  CHECK(read("ws://h:1/p/ws/control?t=1") == "h 1 /p/ws/control?t=1");
}

TEST_CASE("an address that was written for a bridge serves programs as well") {
  CHECK(read("ws://h:1/ws/agent-bridge") == "h 1 /ws/control");
  CHECK(read("ws://h:1/p/ws/agent-bridge?t=1") == "h 1 /p/ws/control?t=1");
}

TEST_CASE("what is no address is refused") {
  for (auto url : {"", "http://", "http://:80", "ftp://h", "https://",
                   "wss://h:0", "h:0", "h:65536", "h:x", "h:", "[::1", "::1",
                   "http://u:p@h", "h h", "h\r\nX: y", "http://h\n"}) {
    CAPTURE(url);
    CHECK(read(url) == "refused");
  }
}

TEST_CASE("the daemon's file says where it listens") {
  CHECK(read_file(R"({"pid":7,"listen":["127.0.0.1:8123"],)"
                  R"("console":"127.0.0.1:8001"})")
        == "127.0.0.1:8123");
  CHECK(read_file(R"({"listen":["[::1]:8123","10.0.0.1:1"]})") == "[::1]:8123");
}

TEST_CASE("the daemon's file says which certificate it shows") {
  auto x = parse_daemon_file(
      R"({"listen":["127.0.0.1:8123"],"certificate":"/var/c.pem"})");
  REQUIRE(x.has_value());
  CHECK(x->tls);
  CHECK(x->certificate == "/var/c.pem");
  CHECK_FALSE(parse_daemon_file(R"({"listen":["127.0.0.1:8123"]})")->tls);
}

TEST_CASE("all interfaces are reached over the loopback one") {
  CHECK(read_file(R"({"listen":["0.0.0.0:8000"]})") == "127.0.0.1:8000");
  CHECK(read_file(R"({"listen":["[::]:8000"]})") == "[::1]:8000");
}

TEST_CASE("a daemon's file that says nothing is refused") {
  for (auto text :
       {"", "{", "[]", "7", "{}", R"({"listen":[]})", R"({"listen":7})",
        R"({"listen":[7]})", R"({"listen":["x:y"]})"}) {
    CAPTURE(text);
    CHECK(read_file(text) == "refused");
  }
}

TEST_CASE("a data directory whose daemon is gone leads to no other daemon") {
  scratch_dir dir;
  auto path = dir.path().string();
  CHECK(find_server("", path).value().server.port == 8000);
  std::ofstream{path + "/lock"};
  auto x = find_server("", path);
  REQUIRE(x.has_error());
  CHECK(x.error().code == errc::unavailable);
  CHECK(to_string(x.error()).find(path) != std::string::npos);
  CHECK(find_server("h:1", path).value().server.host == "h");
  std::ofstream{path + "/daemon.json"} << R"({"listen":["h:7"]})";
  CHECK(find_server("", path).value().server.port == 7);
}

TEST_CASE("a socket file is an address without TLS, prefix or port") {
  auto x = parse_server_address("unix:/run/bk.sock");
  REQUIRE(x.has_value());
  CHECK(to_string(x->server) == "unix:/run/bk.sock");
  CHECK(x->target("/ws/control") == "/ws/control");
  CHECK_FALSE(x->tls);
  CHECK(read("unix:") == "refused");
}

TEST_CASE("a daemon is reached over its socket file only where it has no other "
          "address") {
  CHECK(read_file(R"({"listen":["unix:/s","127.0.0.1:1"]})") == "127.0.0.1:1");
  auto alone =
      parse_daemon_file(R"({"listen":["unix:/s"],"certificate":"/c.pem"})");
  REQUIRE(alone.has_value());
  CHECK(alone->server.path == "/s");
  CHECK_FALSE(alone->tls);
}

TEST_CASE("a daemon file that is a list does not end the program") {
  auto found = parse_daemon_file(R"(["127.0.0.1:8000"])");
  REQUIRE(found.has_value());
  CHECK(to_string(found->server) == "127.0.0.1:8000");
  CHECK_FALSE(parse_daemon_file(R"([[]])").has_value());
}
