#include "app/text/text_table.hpp"

#include <doctest/doctest.h>

using bridgekeeper::app::text_table;

TEST_CASE("columns are as wide as their widest cell, the last one ragged") {
  text_table aut{{"AGENT", "STATUS"}};
  CHECK(aut.empty());
  aut.add({"a", "connected"});
  aut.add({"longer-id", "away"});
  CHECK_FALSE(aut.empty());
  CHECK(aut.str()
        == "AGENT      STATUS\n"
           "a          connected\n"
           "longer-id  away\n");
}

TEST_CASE("a table without rows is its heading") {
  CHECK(text_table{{"ONE", "TWO"}}.str() == "ONE  TWO\n");
}

TEST_CASE("control characters do not reach the terminal") {
  text_table aut{{"WHAT"}};
  aut.add({"\x1B[31mred\x07\r\n\t\x7F"});
  CHECK(aut.str() == "WHAT\n?[31mred?????\n");
}

TEST_CASE("text beyond ASCII is left alone") {
  text_table aut{{"WHAT"}};
  aut.add({"/srv/Größe"});
  CHECK(aut.str() == "WHAT\n/srv/Größe\n");
}

TEST_CASE(
    "C1 control characters, which are two bytes, do not reach it either") {
  text_table aut{{"WHAT"}};
  // U+009B begins a command on terminals that honour C1 in UTF-8.
  aut.add({"a\xC2\x9B"
           "31mred"});
  CHECK(aut.str().find("\xC2\x9B") == std::string::npos);
}

TEST_CASE("columns are aligned by characters, not by bytes") {
  text_table aut{{"WHERE", "WHAT"}};
  aut.add({"/srv/Größe", "a"});
  aut.add({"/srv/plain", "b"});
  CHECK(aut.str()
        == "WHERE       WHAT\n"
           "/srv/Größe  a\n"
           "/srv/plain  b\n");
}
