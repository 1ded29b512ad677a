#include "api/control_fixture.hpp"
#include "domain/access/scoped_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>

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

  bool knows_sender() const {
    return state_of<control_session_state>(aut).current.has_value();
  }

  /// A wrong token, another one each time.
  fake_request wrong() {
    return as("nobody-" + std::to_string(++guesses), "/control/agents");
  }

  net::http_response guess() {
    return send(wrong());
  }

  int guesses = 0;
};

constexpr auto dispatch_path = "/control/agents/a/dispatch";

} // namespace

TEST_CASE_FIXTURE(scope_world, "what only looks wants the scope read, or one "
                               "that has it") {
  for (auto path : {"/control/agents", "/ws/agent-bridge/status"}) {
    for (auto label : {"reader", "panel", "boss"}) {
      CAPTURE(label);
      CHECK(send(as(label, path)).status == 200);
    }
    auto refused = send(as("bridge", path));
    CHECK(refused.status == 403);
    CHECK(detail_of(refused) == "The token lacks the scope read");
  }
}

TEST_CASE_FIXTURE(scope_world, "a bridge can check its token without "
                               "registering") {
  auto narrow = scoped("narrow", {token_scope::bridge});
  narrow.agents = "build-*";
  auto all = everybody();
  all.push_back(narrow);
  set_tokens(*this, all);
  constexpr auto path = "/ws/agent-bridge/check/";
  CHECK(parsed(send(as("bridge", path + std::string{"a"})).body)
        == nlohmann::json{
            {"agent_id", "a"}, {"connected", false}, {"protocol", "1.1"}});
  CHECK(send(as("narrow", path + std::string{"build-1"})).status == 200);
  auto other = send(as("narrow", path + std::string{"a"}));
  CHECK(other.status == 403);
  CHECK(detail_of(other) == "The token is for agents named build-*");
  for (auto label : {"reader", "panel", "boss"})
    CHECK(send(as(label, path + std::string{"a"})).status == 403);
  CHECK(send(as("nobody", path + std::string{"a"})).status == 401);
  CHECK(send(as("bridge", path + std::string{"a_b"})).status == 400);
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

TEST_CASE_FIXTURE(scope_world, "the sender of a request is forgotten with the "
                               "response") {
  http->peer_asks(as("reader", "/control/agents"));
  CHECK(knows_sender());
  run();
  CHECK_FALSE(knows_sender());
  CHECK(send(as("reader", "/control/agents")).status == 200);
  CHECK_FALSE(knows_sender());
  CHECK(guess().status == 401);
  CHECK_FALSE(knows_sender());
  CHECK(get("/health").status == 200);
  CHECK_FALSE(knows_sender());
}

TEST_CASE_FIXTURE(scope_world, "a token that expires is refused on the next "
                               "request, on an open connection too") {
  auto ends = scoped("reader", {token_scope::read});
  ends.expires = timestamp{1000h};
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

TEST_CASE_FIXTURE(scope_world, "from an address in penalty a right token is "
                               "answered as late as a wrong one") {
  for (int i = 0; i < 5; ++i)
    CHECK(guess().status == 401);
  http->peer_asks(wrong());
  run();
  auto other = open();
  other->peer_asks(as("reader", "/control/agents"));
  run();
  pass(999ms, 111ms);
  CHECK(http->waiting());
  CHECK(other->waiting());
  pass(1ms);
  CHECK_FALSE(http->waiting());
  CHECK(last_answer().status == 401);
  CHECK(header_of(last_answer(), "www-authenticate") == "Bearer");
  CHECK(other->waiting());
  pass(1s);
  REQUIRE(other->answers.size() == 1);
  CHECK(other->answers.front().status == 200);
  CHECK(context().counts.http_requests.value() == 7);
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

namespace {

/// Every address that sent a wrong token is in penalty, and one token waits.
struct narrow_world : scope_world {
  narrow_world() {
    throttle_rule rule;
    rule.free_attempts = 1;
    rule.longest = 1s;
    context().throttle = std::make_shared<attempt_throttle>(rule);
    CHECK(guess().status == 401);
  }

  /// What another connection is answered at once.
  net::http_response ask_anew(const fake_request& request) {
    auto other = open();
    other->peer_asks(request);
    run();
    REQUIRE(other->answers.size() == 1);
    return other->answers.front();
  }

  static void check_turned_away(const net::http_response& x) {
    CHECK(x.status == 429);
    CHECK(x.is_last);
    CHECK(std::count_if(x.headers.begin(), x.headers.end(),
                        [](auto& y) { return y.first == "retry-after"; })
          == 1);
    CHECK(header_of(x, "retry-after") == "1");
  }
};

/// A page of another site, which is open in a browser of that address.
fake_request from_foreign_page(fake_request out) {
  out.headers["origin"] = "http://evil.example";
  out.headers["host"] = "127.0.0.1:8000";
  return out;
}

} // namespace

TEST_CASE_FIXTURE(narrow_world, "while as many tokens wait as may, a right "
                                "token looks like a wrong one") {
  http->peer_asks(wrong());
  run();
  CHECK(http->waiting());
  check_turned_away(ask_anew(wrong()));
  check_turned_away(ask_anew(as("reader", "/control/agents")));
  check_turned_away(ask_anew(as("panel", dispatch_path, "POST")));
  check_turned_away(ask_anew(as("bridge", "/control/agents")));
  pass(1s);
  CHECK(last_answer().status == 401);
  auto other = open();
  other->peer_asks(as("reader", "/control/agents"));
  pass(1s);
  REQUIRE(other->answers.size() == 1);
  CHECK(other->answers.front().status == 200);
}

TEST_CASE_FIXTURE(scope_world, "a token must still be good when its body has "
                               "come") {
  auto tokens = everybody();
  auto& panel = tokens[2];
  panel.expires = timestamp{std::chrono::seconds{100}};
  context().wall_clock = [] { return timestamp{std::chrono::seconds{99}}; };
  set_tokens(*this, tokens);
  auto request = as("panel", dispatch_path, "POST");
  request.text = "{}";
  REQUIRE(http->wants_body(request));
  auto expected = 401U;
  SUBCASE("not when it was revoked") {
    tokens.erase(tokens.begin() + 2);
    set_tokens(*this, tokens);
  }
  SUBCASE("not when it has expired") {
    context().wall_clock = [] { return timestamp{std::chrono::seconds{100}}; };
  }
  SUBCASE("not when it has another scope") {
    panel.scopes = {};
    panel.scopes.add(token_scope::read);
    set_tokens(*this, tokens);
    expected = 403;
  }
  SUBCASE("as it is when the file was only read again") {
    set_tokens(*this, tokens);
    expected = 422;
  }
  SUBCASE("as it is when nothing happened") {
    expected = 422;
  }
  CHECK(send(request).status == expected);
  // What was found out is for one request.
  CHECK(send(as("nobody", dispatch_path, "POST")).status == 401);
}

TEST_CASE_FIXTURE(narrow_world, "a body from an address in penalty is not read "
                                "before its token was looked at") {
  auto large = as("panel", dispatch_path, "POST");
  auto other = open();
  CHECK_FALSE(other->wants_body(large));
  other->peer_asks(large);
  run();
  REQUIRE(other->answers.size() == 1);
  check_turned_away(other->answers.front());
  auto small = large;
  small.text = "{}";
  auto third = open();
  CHECK_FALSE(third->wants_body(small));
  third->peer_asks(small);
  pass(1s);
  REQUIRE(third->answers.size() == 1);
  CHECK(third->answers.front().status == 422);
}

TEST_CASE_FIXTURE(narrow_world, "a connection on which a token was let in does "
                                "not pay for the guesses of its address") {
  auto trusted = open();
  trusted->peer_asks(as("panel", "/control/agents"));
  pass(1s);
  REQUIRE(trusted->answers.size() == 1);
  http->peer_asks(wrong());
  run();
  CHECK(http->waiting());
  trusted->peer_asks(as("panel", "/control/agents"));
  run();
  REQUIRE(trusted->answers.size() == 2);
  CHECK(trusted->answers[1].status == 200);
  trusted->peer_asks(as("reader", "/control/agents"));
  run();
  check_turned_away(trusted->answers[2]);
}

TEST_CASE_FIXTURE(narrow_world, "a peer that hangs up does not guess again "
                                "before its answer would have come") {
  http->peer_asks(wrong());
  run();
  http->peer_leaves();
  run();
  check_turned_away(ask_anew(wrong()));
  pass(1s);
  auto other = open();
  other->peer_asks(wrong());
  run();
  CHECK(other->waiting());
}

TEST_CASE_FIXTURE(scope_world, "a bridge from an address whose turns are taken "
                               "is turned away before it connects") {
  for (int i = 0; i < 5; ++i)
    CHECK(guess().status == 401);
  fake_request upgrade;
  upgrade.path = "/ws/agent-bridge";
  upgrade.upgrade = true;
  auto address = throttled_address(upgrade.ip, false);
  for (int i = 0; i < 6; ++i)
    CHECK_FALSE(
        context()
            .throttle->take_turn(address, "x", context().deadlines.now(), 7s)
            .too_many);
  auto last = open();
  last->peer_asks(upgrade);
  run();
  CHECK(last->websocket != nullptr);
  CHECK_FALSE(
      context()
          .throttle->take_turn(address, "x", context().deadlines.now(), 7s)
          .too_many);
  auto refused = send(upgrade);
  CHECK(refused.status == 429);
  CHECK(header_of(refused, "retry-after") == "1");
}

// 70 images of a web page made the right token of the same machine 429.
TEST_CASE_FIXTURE(narrow_world, "a web page of another site makes only web "
                                "pages of other sites wait") {
  pass(60s);
  for (int i = 0; i < 2; ++i) {
    auto page = open();
    page->peer_asks(from_foreign_page(wrong()));
    run();
  }
  CHECK(ask_anew(as("reader", "/control/agents")).status == 200);
  check_turned_away(
      ask_anew(from_foreign_page(as("reader", "/control/agents"))));
}

TEST_CASE_FIXTURE(scope_world, "only admin may let session spending start "
                               "again") {
  CHECK(send(as("panel", "/control/context/reset", "POST")).status == 403);
  CHECK(send(as("boss", "/control/context/reset", "POST")).status == 200);
}

TEST_CASE_FIXTURE(scope_world, "a reader may forget no agent") {
  CHECK(send(as("reader", "/control/agents/a", "DELETE")).status == 403);
  CHECK(send(as("panel", "/control/agents/a", "DELETE")).status == 404);
}
