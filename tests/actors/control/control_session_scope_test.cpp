#include "actors/access/scoped_world.hpp"
#include "actors/control/control_fixture.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

fake_request as(const std::string& label, const std::string& path,
                const std::string& verb = "GET") {
  fake_request out;
  out.verb = verb;
  out.path = path;
  out.headers["authorization"] = "Bearer secret-" + label;
  return out;
}

struct scope_world : control_world {
  scope_world() {
    set_tokens(*this, everybody());
  }

  static std::vector<token_grant> everybody() {
    return {scoped("bridge", {token_scope::bridge}),
            scoped("reader", {token_scope::read}),
            scoped("panel", {token_scope::control}),
            scoped("boss", {token_scope::admin})};
  }

  const token_grant_ptr& who() const {
    return state_of<control_session_state>(aut).who;
  }

  net::http_response guess() {
    return send(as("nobody", "/control/agents"));
  }
};

constexpr auto dispatch_path = "/control/agents/a/dispatch";

} // namespace

TEST_CASE_FIXTURE(scope_world, "what only looks wants the scope read, or one "
                               "that has it") {
  for (auto path : {"/control/agents", "/ws/agent-bridge/status"}) {
    for (auto label : {"reader", "panel", "boss"}) {
      CAPTURE(label);
      CHECK(send(as(label, path)).status == 200);
      CHECK(who()->label == label);
    }
    auto refused = send(as("bridge", path));
    CHECK(refused.status == 403);
    CHECK(detail_of(refused) == "The token lacks the scope read");
  }
}

TEST_CASE_FIXTURE(scope_world, "a dispatch wants the scope control") {
  for (auto label : {"panel", "boss"}) {
    CAPTURE(label);
    CHECK(send(as(label, dispatch_path, "POST")).status == 422);
  }
  for (auto label : {"bridge", "reader"}) {
    CAPTURE(label);
    auto refused = send(as(label, dispatch_path, "POST"));
    CHECK(refused.status == 403);
    CHECK(detail_of(refused) == "The token lacks the scope control");
  }
}

TEST_CASE_FIXTURE(scope_world, "the control socket wants the scope control") {
  auto request = as("reader", "/ws/control");
  request.upgrade = true;
  CHECK(send(request).status == 403);
  request = as("panel", "/ws/control");
  request.upgrade = true;
  http->peer_asks(std::move(request));
  run();
  CHECK(http->websocket != nullptr);
}

TEST_CASE_FIXTURE(scope_world, "who a request was refused to is nobody") {
  CHECK(send(as("reader", "/control/agents")).status == 200);
  CHECK(guess().status == 401);
  CHECK(who() == nullptr);
  CHECK(send(as("reader", "/control/agents")).status == 200);
  CHECK(get("/health").status == 200);
  CHECK(who() == nullptr);
}

TEST_CASE_FIXTURE(scope_world, "a token that expires is refused on the next "
                               "request, on an open connection too") {
  auto ends = scoped("reader", {token_scope::read});
  ends.expires = protocol::timestamp{1000h};
  auto now = *ends.expires - 1us;
  context().wall_clock = [&now] { return now; };
  set_tokens(*this, {ends});
  CHECK(send(as("reader", "/control/agents")).status == 200);
  now += 1us;
  CHECK(send(as("reader", "/control/agents")).status == 401);
}

// -- event streams ------------------------------------------------------------

TEST_CASE_FIXTURE(scope_world, "an event stream ends with its token, and says "
                               "why") {
  auto link = enter("a");
  http->peer_asks(as("reader", "/control/agents/a/events"));
  run();
  CHECK(http->streaming);
  set_tokens(*this, {everybody()[1]});
  CHECK_FALSE(http->abandoned);
  http->stream.clear();
  set_tokens(*this, {});
  CHECK(http->abandoned);
  CHECK(http->stream
        == "event: end\ndata: {\"code\":\"invalid_token\",\"detail\":"
           "\"Invalid authentication token\"}\n\n");
}

TEST_CASE_FIXTURE(scope_world, "an event stream ends whose token was revoked "
                               "while it began") {
  auto link = enter("a");
  http->peer_asks(as("reader", "/control/agents/a/events"));
  replace_tokens(context(), std::make_shared<const token_table>(
                                std::vector<std::string>{test_token}));
  run();
  CHECK(http->abandoned);
}

// -- slowing down -------------------------------------------------------------

TEST_CASE_FIXTURE(scope_world, "wrong tokens are answered later and later, "
                               "right ones at once") {
  for (int i = 0; i < 5; ++i)
    CHECK(guess().status == 401);
  http->peer_asks(as("nobody", "/control/agents"));
  run();
  CHECK(http->waiting());
  auto other = open();
  other->peer_asks(as("reader", "/control/agents"));
  run();
  CHECK(other->answers.size() == 1);
  pass(499ms, 100ms);
  CHECK(http->waiting());
  pass(1ms);
  CHECK_FALSE(http->waiting());
  CHECK(last_answer().status == 401);
  CHECK(header_of(last_answer(), "www-authenticate") == "Bearer");
  CHECK(send(as("reader", "/control/agents")).status == 200);
}

TEST_CASE_FIXTURE(scope_world, "a missing token or scope is no guess and is "
                               "told at once") {
  for (int i = 0; i < 20; ++i) {
    CHECK(send(as("reader", dispatch_path, "POST")).status == 403);
    fake_request nothing;
    nothing.path = "/control/agents";
    CHECK(send(nothing).status == 401);
  }
}

TEST_CASE_FIXTURE(scope_world, "more guesses at once than are held are refused "
                               "429") {
  throttle_rule rule;
  rule.free_attempts = 0;
  rule.held_answers = 1;
  context().throttle = std::make_shared<attempt_throttle>(rule);
  http->peer_asks(as("nobody", "/control/agents"));
  auto other = open();
  other->peer_asks(as("nobody", "/control/agents"));
  run();
  CHECK(http->waiting());
  REQUIRE(other->answers.size() == 1);
  CHECK(other->answers.front().status == 429);
  CHECK(header_of(other->answers.front(), "retry-after") == "1");
  http->peer_leaves();
  run();
  other->peer_asks(as("nobody", "/control/agents"));
  run();
  CHECK(other->waiting());
}
