#include "net/request_rules.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::net;

TEST_CASE("a host is a name or an address, perhaps with a port") {
  for (auto host : {"", "a", "a:", "a:80", "example.com:65536",
                    "127.0.0.1:8000", "[::1]", "[::1]:", "[2001:db8::1]:443",
                    "[::ffff:1.2.3.4]", "a%20b", "under_score", "a,b", ":80"}) {
    CAPTURE(host);
    CHECK(is_valid_host(host));
  }
  for (auto host :
       {" ",       "a b",  "a/b",       "a?b",      "a#b", "a@b",  "a:b",
        "a:80:80", "a:-1", "::1",       "[",        "[]",  "[::1", "[::1]x",
        "[::1]80", "[zz]", "[1.2.3.4]", "a%",       "a%2", "a%zz", "a\tb",
        "a\\b",    "<a>",  "\"a\"",     "h\xC3\xA9"}) {
    CAPTURE(host);
    CHECK_FALSE(is_valid_host(host));
  }
}

TEST_CASE("the form of a target") {
  auto get = [](std::string_view target) { return form_of("GET", target); };
  for (auto target : {"/", "/a?b", "//a", "/http://a/"})
    CHECK(get(target) == target_form::origin);
  for (auto target :
       {"http://a", "https://a/", "HTTP://a?b", "http://[::1]:80/"})
    CHECK(get(target) == target_form::absolute);
  CHECK(form_of("OPTIONS", "*") == target_form::asterisk);
  for (auto target : {"", "*", "**", "a", "a:80", "?a", "ftp://a/", "http:/a",
                      "http://", "http:///a", "http://?a", "http://u@a/",
                      "https://a b/", "/a#b", "http://a#b", "httpx://a"}) {
    CAPTURE(target);
    CHECK(get(target) == target_form::other);
  }
}

TEST_CASE("a target's query is never taken for its path") {
  CHECK(path_and_query("/a?b") == "/a?b");
  CHECK(path_and_query("*") == "*");
  CHECK(path_and_query("http://a") == "/");
  CHECK(path_and_query("http://a/b?c") == "/b?c");
  CHECK(path_and_query("HTTPS://a:80/b") == "/b");
  CHECK(path_and_query("http://x?y=/control/agents") == "?y=/control/agents");
}

TEST_CASE("a WebSocket's key is 16 bytes in base64") {
  CHECK(is_websocket_key("dGhlIHNhbXBsZSBub25jZQ=="));
  CHECK(is_websocket_key("++++////AAAAaaaa0000zz=="));
  for (auto key :
       {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=",
        "dGhlIHNhbXBsZSBub25jZSE=", "dGhlIHNhbXBsZSBub25jZSEh",
        "dGhlIHNhbXBsZSBub25jZ===", "dGhlIHNhbXBsZSBub25j-Q==",
        "dGhlIHNhbXBsZSBub25j Q==", "dGhlIHNhbXBsZSBub25jZSE=AAAA"}) {
    CAPTURE(key);
    CHECK_FALSE(is_websocket_key(key));
  }
}
