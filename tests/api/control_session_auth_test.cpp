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

// Contract section 2.

TEST_CASE_FIXTURE(control_world, "a request without a token is told so") {
  auto answer = send(to_agents());
  CHECK(answer.status == 401);
  CHECK(answer.body == R"({"detail":"Missing authentication token"})");
  CHECK(header_of(answer, "www-authenticate") == "Bearer");
}

TEST_CASE_FIXTURE(control_world, "a wrong token is told so") {
  auto request = to_agents();
  request.headers["authorization"] = "Bearer guess";
  auto answer = send(request);
  CHECK(answer.status == 401);
  CHECK(answer.body == R"({"detail":"Invalid authentication token"})");
}

TEST_CASE_FIXTURE(control_world, "without any token configured nobody is let "
                                 "in") {
  context().tokens = std::make_shared<token_table>();
  auto answer = get("/control/agents");
  CHECK(answer.status == 500);
  CHECK(answer.body
        == R"({"detail":"Authentication not configured. )"
           R"(Set VIBEFORGE_AUTH_TOKEN or VIBEFORGE_AUTH_TOKENS."})");
}

TEST_CASE_FIXTURE(control_world, "a token is taken from any of three places") {
  auto request = to_agents();
  SUBCASE("Authorization") {
    request.headers["authorization"] = "bEaReR " + test_token;
  }
  SUBCASE("X-Auth-Token") {
    request.headers["x-auth-token"] = test_token;
  }
  SUBCASE("the query") {
    request.path += "?token=" + test_token;
  }
  CHECK(send(request).status == 200);
}

TEST_CASE_FIXTURE(control_world, "the first place that has a token decides") {
  auto request = to_agents();
  request.headers["authorization"] = "Bearer guess";
  request.headers["x-auth-token"] = test_token;
  request.path += "?token=" + test_token;
  CHECK(send(request).status == 401);
}

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

TEST_CASE_FIXTURE(control_world, "every route but health and the bridge's "
                                 "socket is closed to strangers") {
  for (auto path :
       {"/control/agents", "/control/agents/a", "/control/agents/a/task",
        "/control/agents/a/events", "/control/dispatches/m",
        "/ws/agent-bridge/status", "/control/agents/not_an_id"}) {
    CAPTURE(path);
    fake_request request;
    request.path = path;
    CHECK(send(request).status == 401);
  }
  fake_request request;
  request.verb = "POST";
  request.path = "/control/agents/a/dispatch";
  request.text = "not even JSON";
  CHECK(send(request).status == 401);
}

TEST_CASE_FIXTURE(control_world, "two tokens are a bad request, and neither "
                                 "is looked at") {
  fake_request request;
  request.path = "/control/agents?token=" + test_token + "&token=guess";
  auto answer = send(request);
  CHECK(answer.status == 400);
  CHECK(detail_of(answer)
        == "The request has more than one token= in its query");
  request.path = "/control/agents?token=" + test_token + "&tokens=guess";
  CHECK(send(request).status == 200);
}

TEST_CASE_FIXTURE(control_world, "a stranger cannot open the control socket") {
  fake_request request;
  request.path = "/ws/control";
  request.upgrade = true;
  CHECK(send(request).status == 401);
  CHECK(http->websocket == nullptr);
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
