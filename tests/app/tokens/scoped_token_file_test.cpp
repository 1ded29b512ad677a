#include "app/tokens/scoped_token_file.hpp"
#include "support/has.hpp"

#include <doctest/doctest.h>

using bridgekeeper::test::has;
using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

/// The first column for the token `text`.
std::string hash(const std::string& text) {
  token_grant x;
  x.digest = digest_of(text);
  auto line = to_token_line(x);
  return line.substr(0, line.find(' '));
}

token_grant only(const std::string& line) {
  auto file = parse_scoped_tokens(line, "f");
  CAPTURE(line);
  REQUIRE(file.errors.empty());
  REQUIRE(file.grants.size() == 1);
  return file.grants.front();
}

/// What is said of a file with one wrong line.
std::string wrong(const std::string& line) {
  auto file = parse_scoped_tokens(line, "f");
  CAPTURE(line);
  REQUIRE(file.errors.size() == 1);
  CHECK(file.grants.empty());
  return file.errors.front();
}

} // namespace

TEST_CASE("a token is known by its SHA-256") {
  // FIPS 180-2, appendix B.1.
  CHECK(hash("abc")
        == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f200"
           "15ad");
}

TEST_CASE("a line is a hash, a label, scopes, and perhaps an end") {
  auto x = only(hash("one")
                + "  farm.1\tbridge:build-*,read "
                  "expires=2027-01-31T12:00:00Z\r\n");
  CHECK(x.digest == digest_of("one"));
  CHECK(x.label == "farm.1");
  CHECK(x.agents == "build-*");
  CHECK(x.scopes.holds(token_scope::bridge));
  CHECK(x.scopes.holds(token_scope::read));
  CHECK_FALSE(x.scopes.holds(token_scope::control));
  CHECK(x.expires == parse_iso8601("2027-01-31T12:00:00Z"));
  CHECK_FALSE(x.plain);
  auto y = only(hash("one") + " a admin");
  CHECK(y.agents == "*");
  CHECK_FALSE(y.expires);
}

TEST_CASE("what is written is read back") {
  for (auto rest :
       {" a bridge", " a bridge:x-?", " a control,read", " a admin",
        " a bridge:b,control,read,admin expires=2027-01-31T12:00:00Z"}) {
    auto line = hash("one") + rest;
    CHECK(to_token_line(only(line)) == line);
  }
}

TEST_CASE("comments and blank lines are skipped and counted") {
  auto file = parse_scoped_tokens("# ours\n\n  # more\n\t\r\nnonsense\n", "f");
  REQUIRE(file.errors.size() == 1);
  CHECK(file.errors.front().starts_with("f:5: "));
  CHECK(parse_scoped_tokens("", "f").errors.empty());
}

TEST_CASE("a wrong line is named and lets nobody in, the others stand") {
  auto file = parse_scoped_tokens(hash("one") + " a read\n" + hash("two")
                                      + " b everything\n" + hash("three")
                                      + " c control",
                                  "dir/tokens");
  REQUIRE(file.grants.size() == 2);
  CHECK(file.grants[0].label == "a");
  CHECK(file.grants[1].label == "c");
  REQUIRE(file.errors.size() == 1);
  CHECK(file.errors[0].starts_with("dir/tokens:2: unknown scope"));
}

TEST_CASE("each column of a line is checked") {
  auto good = hash("one");
  CHECK(
      has(wrong(good.substr(0, good.size() - 1) + " a read"), "first column"));
  CHECK(has(wrong(good + "0 a read"), "first column"));
  CHECK(has(wrong("md5:00 a read"), "first column"));
  CHECK(has(wrong(good), "expected a hash, a label"));
  CHECK(has(wrong(good + " a"), "expected a hash, a label"));
  CHECK(has(wrong(good + " a read expires=2027-01-31 more"),
            "expected a hash, a label"));
  CHECK(has(wrong(good + " (plain) read"), "a label has"));
  CHECK(has(wrong(good + " -a read"), "a label has"));
  CHECK(has(wrong(good + " " + std::string(65, 'a') + " read"), "a label has"));
  CHECK(has(wrong(good + " a read,"), "after the last comma"));
  CHECK(has(wrong(good + " a ,read"), "unknown scope"));
  CHECK(has(wrong(good + " a Read"), "unknown scope"));
  CHECK(has(wrong(good + " a read,read"), "given twice"));
  CHECK(has(wrong(good + " a read:x"), "only the scope bridge"));
  CHECK(has(wrong(good + " a bridge:"), "an agent pattern"));
  CHECK(has(wrong(good + " a bridge:a_b"), "an agent pattern"));
  CHECK(has(wrong(good + " a read 2027-01-31"), "expires="));
  CHECK(has(wrong(good + " a read expires=never"), "expires="));
  CHECK(has(wrong(good + " a read expires="), "expires="));
}

TEST_CASE("a label and a token stand once") {
  auto twice =
      parse_scoped_tokens(hash("one") + " a read\n" + hash("two") + " a read\n"
                              + hash("one") + " b control\n",
                          "f");
  REQUIRE(twice.errors.size() == 2);
  CHECK(twice.errors[0].starts_with("f:2: the label a is already used above"));
  CHECK(twice.errors[1].starts_with("f:3: this token is already listed above"));
  REQUIRE(twice.grants.size() == 1);
  CHECK(twice.grants[0].scopes.holds(token_scope::read));
}

TEST_CASE("what could be a token is not repeated by an error") {
  for (auto line : {"bk_secret", "bk_secret a read", "a bk_secret read"})
    CHECK_FALSE(has(wrong(line), "bk_secret"));
  for (auto rest : {" bk_secret read", " a bk_secret", " a read bk_secret",
                    " a bridge:bk_secret", " a read:bk_secret"})
    CHECK_FALSE(has(wrong(hash("one") + rest), "bk_secret"));
}
