#include "domain/access/token_table.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace std::chrono_literals;
using bridgekeeper::errc;
using list = std::vector<std::string>;

namespace {

constexpr timestamp now{1000h};

token_grant grant(const std::string& label, const std::string& token) {
  token_grant out;
  out.label = label;
  out.digest = digest_of(token);
  out.scopes.add(token_scope::read);
  return out;
}

/// The label of who that is, or why it is nobody.
std::string who(const token_table& aut, std::string_view secret,
                timestamp at = now) {
  auto found = aut.identify(secret, at);
  return found ? (*found)->label : std::string{token(found.error().code)};
}

} // namespace

// -- plain tokens -------------------------------------------------------------

TEST_CASE("only what is in the table is let in") {
  token_table aut{{"one", "two"}};
  CHECK(aut.size() == 2);
  CHECK(who(aut, "one") == plain_token_label);
  CHECK(who(aut, "two") == plain_token_label);
  for (auto wrong : {"three", "on", "onee", "ONE", " one", "one,two"}) {
    CAPTURE(wrong);
    CHECK(who(aut, wrong) == "invalid_token");
  }
}

TEST_CASE("a plain token is good for everything") {
  token_table aut{{"one"}};
  auto found = aut.identify("one", now).value();
  CHECK(found->plain);
  CHECK(found->scopes.covers(token_scope::admin));
  CHECK(found->admits(agent_id{"any"}));
}

TEST_CASE("no token is told from a wrong one") {
  token_table aut{{"one"}};
  CHECK(who(aut, "") == "missing_token");
}

TEST_CASE("an empty table lets nobody in and says that it is empty") {
  token_table aut;
  CHECK(aut.empty());
  CHECK(who(aut, "") == "auth_not_configured");
  CHECK(who(aut, "anything") == "auth_not_configured");
}

TEST_CASE("blank tokens do not count") {
  token_table aut{{"", "  ", "\t\r\n", "one"}};
  CHECK(aut.size() == 1);
  CHECK(who(aut, "  ") == "invalid_token");
  CHECK(token_table{{"", " "}}.empty());
}

TEST_CASE("white space around a configured token does not count") {
  token_table aut{{" one\r\n"}};
  CHECK(who(aut, "one") == plain_token_label);
}

// -- scoped tokens ------------------------------------------------------------

TEST_CASE("a scoped token is known by its digest, and has its label") {
  token_table aut{{"one"}, {grant("panel", "two"), grant("farm", "three")}};
  CHECK(who(aut, "two") == "panel");
  CHECK(who(aut, "three") == "farm");
  CHECK(who(aut, "four") == "invalid_token");
  CHECK_FALSE(aut.identify("two", now).value()->plain);
}

TEST_CASE("a token that is plain and scoped is plain") {
  token_table aut{{"one"}, {grant("panel", "one")}};
  CHECK(who(aut, "one") == plain_token_label);
}

TEST_CASE("an expired token is as invalid as one never heard of") {
  auto ends = grant("panel", "two");
  ends.expires = now + 1s;
  token_table aut{{}, {ends}};
  CHECK(who(aut, "two") == "panel");
  CHECK(who(aut, "two", now + 1s) == "invalid_token");
}

TEST_CASE("a grant is renewed by the next table, as it stands there") {
  token_table before{{}, {grant("panel", "two")}};
  auto held = before.identify("two", now).value();
  CHECK(before.renew(held, now) == held);
  auto changed = grant("renamed", "two");
  changed.expires = now + 1h;
  token_table after{{}, {grant("other", "x"), changed}};
  CHECK(after.renew(held, now)->label == "renamed");
  CHECK(after.renew(held, now + 1h) == nullptr);
  CHECK(token_table{}.renew(held, now) == nullptr);
}

TEST_CASE("who came in with a plain token stays when it goes") {
  token_table before{{"one"}};
  auto held = before.identify("one", now).value();
  CHECK(token_table{}.renew(held, now) == held);
}

TEST_CASE("a table tells whether a token expires within a time") {
  auto ends = grant("panel", "two");
  ends.expires = now;
  token_table aut{{"one"}, {ends, grant("farm", "three")}};
  CHECK(aut.any_expires(now - 1s, now));
  CHECK_FALSE(aut.any_expires(now, now + 1s));
  CHECK_FALSE(aut.any_expires(now - 2s, now - 1s));
  CHECK_FALSE(token_table{{"one"}}.any_expires({}, now));
}

// -- the plain token file -----------------------------------------------------

TEST_CASE("a token file has one token a line") {
  CHECK(parse_token_file("one\ntwo\n") == list{"one", "two"});
  CHECK(parse_token_file("one\ntwo") == list{"one", "two"});
  CHECK(parse_token_file("one\r\ntwo\r\n") == list{"one", "two"});
}

TEST_CASE("comments, blank lines and indentation in a token file are skipped") {
  CHECK(parse_token_file("# all\n\n  one  \n   # but this\n\t\ntwo\n\n")
        == list{"one", "two"});
}

TEST_CASE("a '#' inside a token belongs to it") {
  CHECK(parse_token_file("a#b\n") == list{"a#b"});
}

TEST_CASE("a file without tokens has none") {
  CHECK(parse_token_file("").empty());
  CHECK(parse_token_file("\n\n").empty());
  CHECK(parse_token_file("# nothing").empty());
}
