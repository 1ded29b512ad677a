#include "domain/access/scoped_world.hpp"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <sys/socket.h>
#include <unistd.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

constexpr auto invalid = "Authentication failed: invalid token";

struct token_world : started_world {
  /// A bridge that sends its registration with the token of this label.
  bridge come(const std::string& id, const std::string& label) {
    auto out = connect();
    out.socket->peer_sends(
        register_frame(id, {{"auth_token", "secret-" + label}}));
    run();
    return out;
  }

  static bool stands(const bridge& x) {
    return !x.socket->closed && !x.socket->sent.empty();
  }

  static void check_refused(const bridge& x) {
    REQUIRE(x.socket->closed);
    CHECK(x.socket->closed->code == 4005);
    CHECK(x.socket->closed->text == invalid);
  }

  /// A bridge that says a wrong token, another one each time.
  bridge guess() {
    auto out = connect();
    out.socket->peer_sends(register_frame(
        "a", {{"auth_token", "guess-" + std::to_string(++guesses)}}));
    run();
    return out;
  }

  int guesses = 0;
};

token_grant farm() {
  auto out = scoped("farm", {token_scope::bridge});
  out.agents = "build-*";
  return out;
}

} // namespace

TEST_CASE_FIXTURE(token_world, "a bridge registers with a token of the scope "
                               "bridge, under an id of its pattern") {
  set_tokens(*this, {farm(), scoped("panel", {token_scope::admin})});
  auto good = come("build-1", "farm");
  CHECK(stands(good));
  CHECK(state_of<agent_state>(good.aut).who->label == "farm");
  check_refused(come("test-1", "farm"));
  check_refused(come("build-2", "panel"));
}

TEST_CASE_FIXTURE(token_world, "a bridge whose token is revoked is closed "
                               "4005, and the others stand") {
  set_tokens(*this, {farm(), scoped("other", {token_scope::bridge})});
  auto revoked = come("build-1", "farm");
  auto other = come("a", "other");
  auto plain = enter("b");
  auto all = follow();
  auto owed = dispatch(make_task("build-1", "m-1"));
  set_tokens(*this, {scoped("other", {token_scope::bridge})});
  check_refused(revoked);
  CHECK(stands(other));
  CHECK_FALSE(plain.socket->closed);
  CHECK(owed->outcome() == "token_revoked");
  CHECK_FALSE(view("build-1").connected);
  CHECK(view("a").connected);
  revoked.aut = nullptr;
  CHECK(count("agent") == 2);
}

TEST_CASE_FIXTURE(token_world, "a bridge stays whose token is listed again, "
                               "under whatever label") {
  set_tokens(*this, {farm()});
  auto link = come("build-1", "farm");
  auto renamed = farm();
  renamed.label = "renamed";
  set_tokens(*this, {scoped("new", {token_scope::bridge}), renamed});
  CHECK(stands(link));
  CHECK(state_of<agent_state>(link.aut).who->label == "renamed");
}

TEST_CASE_FIXTURE(token_world, "a bridge leaves whose token is not for it any "
                               "more") {
  set_tokens(*this, {farm()});
  auto link = come("build-1", "farm");
  auto changed = farm();
  SUBCASE("because its pattern is another") {
    changed.agents = "test-*";
  }
  SUBCASE("because its scope is another") {
    changed.scopes = scoped("", {token_scope::control}).scopes;
  }
  set_tokens(*this, {changed});
  check_refused(link);
}

TEST_CASE_FIXTURE(token_world, "a bridge whose token expires is closed 4005") {
  auto ends = farm();
  ends.expires = timestamp{1000h};
  auto now = *ends.expires - 1us;
  context().wall_clock = [&now] { return now; };
  set_tokens(*this, {ends});
  auto link = come("build-1", "farm");
  replace_tokens(context(), context().tokens);
  run();
  CHECK(stands(link));
  now += 1us;
  replace_tokens(context(), context().tokens);
  run();
  check_refused(link);
  check_refused(come("build-2", "farm"));
}

TEST_CASE_FIXTURE(token_world, "a bridge that joins while its token is revoked "
                               "does not stay") {
  set_tokens(*this, {farm()});
  auto link = connect();
  link.socket->peer_sends(
      register_frame("build-1", {{"auth_token", "secret-farm"}}));
  link.socket->read();
  set_tokens(*this, {});
  check_refused(link);
}

TEST_CASE_FIXTURE(token_world, "a bridge that came with a plain token stays "
                               "when it goes") {
  auto link = enter("a");
  replace_tokens(context(), std::make_shared<const token_table>());
  run();
  CHECK_FALSE(link.socket->closed);
}

// A right token was refused for good (4005) while its address was throttled.
TEST_CASE_FIXTURE(token_world, "a bridge with a right token registers later "
                               "while its address is in penalty") {
  set_tokens(*this, {farm()});
  for (int i = 0; i < 5; ++i)
    check_refused(guess());
  auto right = come("build-1", "farm");
  CHECK_FALSE(right.socket->closed);
  CHECK(right.socket->sent.empty());
  CHECK(right.socket->paused);
  auto wrong = guess();
  CHECK_FALSE(wrong.socket->closed);
  pass(999ms, 111ms);
  CHECK(right.socket->sent.empty());
  pass(1ms);
  CHECK(stands(right));
  CHECK_FALSE(right.socket->paused);
  CHECK_FALSE(wrong.socket->closed);
  pass(1s);
  check_refused(wrong);
  CHECK(context().counts.refused_registrations.value() == 6);
}

// Frames of registrations that wait were held outside their budget.
TEST_CASE_FIXTURE(token_world, "the frame of a registration that waits for its "
                               "turn stays in the budget of first frames") {
  set_tokens(*this, {farm()});
  for (int i = 0; i < 5; ++i)
    check_refused(guess());
  auto right = come("build-1", "farm");
  auto wrong = guess();
  CHECK(right.socket->holds_frame);
  CHECK(wrong.socket->holds_frame);
  pass(1s);
  CHECK(stands(right));
  CHECK_FALSE(right.socket->holds_frame);
  CHECK(wrong.socket->holds_frame);
  pass(1s);
  CHECK_FALSE(wrong.socket->holds_frame);
}

// It could not be cut any more, as if its token had been found good.
TEST_CASE_FIXTURE(token_world, "a registration that waits for its turn makes "
                               "room for others like any unregistered one") {
  set_tokens(*this, {farm()});
  for (int i = 0; i < 5; ++i)
    check_refused(guess());
  auto now = time_point{};
  net::connection_limits limits;
  limits.unregistered = 1;
  auto ledger =
      std::make_shared<net::connection_ledger>(limits, [&now] { return now; });
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
  std::shared_ptr<net::connection_ledger::place> place =
      ledger->try_enter("192.0.2.7");
  place->may_be_cut(ends[0]);
  bridge waiting;
  waiting.socket = std::make_shared<fake_websocket>(thread().deadlines);
  watch(waiting.socket);
  waiting.aut =
      spawn_on(sys, &thread(), actors::agent, &context(),
               std::shared_ptr<net::websocket_session>{waiting.socket},
               std::move(place), origin{"192.0.2.7", {}});
  auto send = [&waiting, this](const std::string& token) {
    waiting.socket->peer_sends(
        register_frame("build-1", {{"auth_token", token}}));
    run();
  };
  SUBCASE("while its token was not looked at") {
    send("guess");
    now += net::connection_ledger::grace;
    CHECK(ledger->try_enter("192.0.2.8") != nullptr);
    CHECK(ledger->cut() == 1);
  }
  SUBCASE("and is not registered then, though its token is good") {
    send("secret-farm");
    now += net::connection_ledger::grace;
    CHECK(ledger->try_enter("192.0.2.8") != nullptr);
    skip(1s);
    thread().deadlines.run_due();
    run();
    CHECK(waiting.socket->closed);
    CHECK(waiting.socket->sent.empty());
    CHECK(context().counts.refused_registrations.value() > 5);
  }
  SUBCASE("but not once its token was found good") {
    send("secret-farm");
    skip(1s);
    thread().deadlines.run_due();
    now += net::connection_ledger::grace;
    CHECK(state_of<agent_state>(waiting.aut).phase
          == agent_state::phase_type::joining);
    CHECK(ledger->try_enter("192.0.2.8") == nullptr);
  }
  waiting.socket->end();
  waiting.aut = nullptr;
  run();
  for (auto end : ends)
    ::close(end);
}

// A fleet whose one token was revoked made its address wait.
TEST_CASE_FIXTURE(token_world,
                  "bridges that repeat one wrong token make nobody "
                  "wait") {
  for (int i = 0; i < 50; ++i) {
    auto out = connect();
    out.socket->peer_sends(register_frame("a", {{"auth_token", "revoked"}}));
    run();
    check_refused(out);
  }
  CHECK(stands(enter("b")));
}

TEST_CASE_FIXTURE(token_world, "a bridge that leaves while it waits leaves "
                               "nothing behind") {
  for (int i = 0; i < 5; ++i)
    check_refused(guess());
  auto slow = guess();
  slow.socket->end();
  slow.aut = nullptr;
  run();
  CHECK(count("agent") == 0);
  CHECK(context().ledger->unregistered() == 0);
}

TEST_CASE_FIXTURE(token_world,
                  "a bridge that would wait for too long is closed "
                  "with a code that passes, right token or not") {
  set_tokens(*this, {farm()});
  for (int i = 0; i < 5; ++i)
    check_refused(guess());
  std::vector<bridge> waiting;
  for (int i = 0; i < 7; ++i)
    waiting.push_back(guess());
  for (const auto& x : waiting)
    CHECK_FALSE(x.socket->closed);
  for (const auto& x : {guess(), come("build-1", "farm")}) {
    REQUIRE(x.socket->closed);
    CHECK(x.socket->closed->code == 1013);
    CHECK(x.socket->closed->text == "Too many attempts with a wrong token");
  }
  pass(1s);
  check_refused(waiting.front());
  auto right = come("build-1", "farm");
  CHECK_FALSE(right.socket->closed);
  pass(7s);
  CHECK(stands(right));
}
