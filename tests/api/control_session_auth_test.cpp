#include "api/control_fixture.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

fake_request to_agents() {
  fake_request out;
  out.path = "/control/agents";
  return out;
}

} // namespace

// Contract section 2. Where a request may have its token, and the responses to
// requests without one, are tested against the binary, in
// tests/e2e/test_tokens.py.

TEST_CASE_FIXTURE(control_world, "a token that was let in once is still "
                                 "compared each time") {
  CHECK(get("/control/agents").status == 200);
  auto request = to_agents();
  request.headers["authorization"] =
      "Bearer " + std::string(test_token.size(), 'x');
  CHECK(send(request).status == 401);
  request.headers["authorization"] = "Bearer " + test_token.substr(1);
  CHECK(send(request).status == 401);
  CHECK(send(to_agents()).status == 401);
  CHECK(get("/control/agents").status == 200);
}

TEST_CASE_FIXTURE(control_world, "a token that is taken back is refused on the "
                                 "next request, on an open connection too") {
  CHECK(get("/control/agents").status == 200);
  context().tokens =
      std::make_shared<token_table>(std::vector<std::string>{"another"});
  CHECK(get("/control/agents").status == 401);
  auto request = to_agents();
  request.headers["authorization"] = "Bearer another";
  CHECK(send(request).status == 200);
}

TEST_CASE_FIXTURE(control_world, "a body is read for those alone who may send "
                                 "it") {
  fake_request request;
  request.verb = "POST";
  request.path = "/control/agents/a/dispatch";
  CHECK_FALSE(http->wants_body(request));
  request.headers["x-auth-token"] = "guess";
  CHECK_FALSE(http->wants_body(request));
  request.headers["x-auth-token"] = test_token;
  CHECK(http->wants_body(request));
  SUBCASE("not where there is nothing") {
    request.path = "/nothing";
  }
  SUBCASE("not with a method that has none") {
    request.verb = "GET";
    request.path = "/control/agents";
  }
  SUBCASE("not where no token is asked for") {
    request.path = "/health";
  }
  CHECK_FALSE(http->wants_body(request));
}
