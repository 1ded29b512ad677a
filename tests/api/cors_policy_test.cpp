#include "actors/fake_http.hpp"
#include "api/cors_policy.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::api;
using namespace bridgekeeper::test;

namespace {

const std::string panel = "http://localhost:5173";
const std::string stranger = "http://evil.example";

std::string header(const net::http_response& x, std::string_view name) {
  for (const auto& [key, value] : x.headers)
    if (key == name)
      return value;
  return {};
}

fake_request preflight(const std::string& origin,
                       const std::string& method = "POST") {
  fake_request out;
  out.verb = "OPTIONS";
  out.headers["origin"] = origin;
  out.headers["access-control-request-method"] = method;
  return out;
}

} // namespace

TEST_CASE("a page that may call sees the answer, and the rates in it") {
  net::http_response answer;
  cors_policy{{panel}}.decorate(answer, panel);
  CHECK(header(answer, "access-control-allow-origin") == panel);
  CHECK(header(answer, "access-control-allow-credentials") == "true");
  CHECK(header(answer, "vary") == "Origin");
  CHECK(header(answer, "access-control-expose-headers")
            .find("X-RateLimit-Remaining-Agent")
        != std::string::npos);
}

TEST_CASE("a page that may not call sees nothing, and no cache mixes them up") {
  net::http_response answer;
  cors_policy{{panel}}.decorate(answer, stranger);
  CHECK(header(answer, "access-control-allow-origin").empty());
  CHECK(header(answer, "vary") == "Origin");
}

TEST_CASE("who is no browser gets no headers for one") {
  net::http_response answer;
  cors_policy{{panel}}.decorate(answer, "");
  CHECK(answer.headers.empty());
}

TEST_CASE("an origin is allowed as a whole, never by its beginning") {
  cors_policy aut{{panel}};
  CHECK(aut.allows(panel));
  CHECK_FALSE(aut.allows(panel + "0"));
  CHECK_FALSE(aut.allows("http://localhost:517"));
  CHECK_FALSE(aut.allows("null"));
}

TEST_CASE("a preflight is an OPTIONS request that names origin and method") {
  CHECK(cors_policy::is_preflight(preflight(panel)));
  auto bare = preflight(panel);
  bare.headers.erase("access-control-request-method");
  CHECK_FALSE(cors_policy::is_preflight(bare));
  auto get = preflight(panel);
  get.verb = "GET";
  CHECK_FALSE(cors_policy::is_preflight(get));
}

TEST_CASE("a preflight of a page that may call is told what it may send") {
  auto asked = preflight(panel);
  asked.headers["access-control-request-headers"] = "authorization";
  auto answer = cors_policy{{panel}}.preflight_answer(asked);
  CHECK(answer.status == 200);
  CHECK(answer.body == "OK");
  CHECK(header(answer, "access-control-allow-headers") == "authorization");
  CHECK(header(answer, "access-control-max-age") == "600");
}

TEST_CASE("a preflight is refused for its origin or for its method") {
  cors_policy aut{{panel}};
  auto foreign = aut.preflight_answer(preflight(stranger));
  CHECK(foreign.status == 400);
  CHECK(foreign.body == "Disallowed CORS origin");
  auto odd = aut.preflight_answer(preflight(panel, "PUT"));
  CHECK(aut.preflight_answer(preflight(panel, "DELETE")).status == 200);
  CHECK(odd.status == 400);
  CHECK(odd.body == "Disallowed CORS method");
}

TEST_CASE("a request of a web page that may not call is foreign") {
  cors_policy policy{{panel}};
  auto is_foreign = [&](const std::string& origin, const std::string& site) {
    fake_request out;
    out.headers["host"] = "127.0.0.1:8000";
    if (!origin.empty())
      out.headers["origin"] = origin;
    if (!site.empty())
      out.headers["sec-fetch-site"] = site;
    return policy.is_foreign(out);
  };
  SUBCASE("by its origin") {
    CHECK(is_foreign(stranger, ""));
    CHECK(is_foreign("null", ""));
    CHECK(is_foreign("http://127.0.0.1:8001", "same-site"));
    CHECK_FALSE(is_foreign(panel, "cross-site"));
    CHECK_FALSE(is_foreign("http://127.0.0.1:8000", "same-origin"));
    CHECK_FALSE(is_foreign("https://127.0.0.1:8000", ""));
  }
  SUBCASE("without an origin, by what the browser says besides") {
    CHECK(is_foreign("", "cross-site"));
    CHECK(is_foreign("", "same-site"));
    CHECK_FALSE(is_foreign("", "same-origin"));
    CHECK_FALSE(is_foreign("", "none"));
  }
  SUBCASE("a program is none") {
    CHECK_FALSE(is_foreign("", ""));
  }
}
