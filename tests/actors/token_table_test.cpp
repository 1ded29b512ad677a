#include "actors/token_table.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper::actors;
using bridgekeeper::protocol::errc;
using list = std::vector<std::string>;

TEST_CASE("only what is in the table is let in") {
  token_table aut{{"one", "two"}};
  CHECK(aut.size() == 2);
  CHECK(aut.check("one") == std::nullopt);
  CHECK(aut.check("two") == std::nullopt);
  for (auto wrong : {"three", "on", "onee", "ONE", " one", "one,two"}) {
    CAPTURE(wrong);
    CHECK(aut.check(wrong) == errc::invalid_token);
  }
}

TEST_CASE("no token is told from a wrong one") {
  token_table aut{{"one"}};
  CHECK(aut.check("") == errc::missing_token);
}

TEST_CASE("an empty table lets nobody in and says that it is empty") {
  token_table aut;
  CHECK(aut.empty());
  CHECK(aut.check("") == errc::auth_not_configured);
  CHECK(aut.check("anything") == errc::auth_not_configured);
}

TEST_CASE("blank tokens do not count") {
  token_table aut{{"", "  ", "\t\r\n", "one"}};
  CHECK(aut.size() == 1);
  CHECK(aut.check("  ") == errc::invalid_token);
  CHECK(token_table{{"", " "}}.empty());
}

TEST_CASE("white space around a configured token does not count") {
  token_table aut{{" one\r\n"}};
  CHECK(aut.check("one") == std::nullopt);
}

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
