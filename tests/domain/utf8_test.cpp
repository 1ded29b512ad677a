#include "domain/utf8.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;

TEST_CASE("code points are counted as Python counts them") {
  CHECK(count_code_points("") == 0);
  CHECK(count_code_points("abc") == 3);
  CHECK(count_code_points("\u00e9\u20ac\U0001F600") == 3);
}

TEST_CASE("a preview ends at a character, not at a byte") {
  CHECK(first_code_points("äöü", 2) == "äö");
  CHECK(first_code_points("äöü", 3) == "äöü");
  CHECK(first_code_points("äöü", 9) == "äöü");
  CHECK(first_code_points("äöü", 0).empty());
  CHECK(first_code_points("", 3).empty());
}

TEST_CASE("text is cut between characters") {
  CHECK(cut_utf8("abc", 3) == "abc");
  CHECK(cut_utf8("abc", 2) == "ab");
  CHECK(cut_utf8("a\xC3\xBC", 2) == "a");
  CHECK(cut_utf8("a\xF0\x9F\x98\x80z", 4) == "a");
  CHECK(cut_utf8("a\xF0\x9F\x98\x80z", 5) == "a\xF0\x9F\x98\x80");
  CHECK(cut_utf8("\xC3\xBC", 0) == "");
}

TEST_CASE("text that is not UTF-8 is cut at the limit") {
  CHECK(cut_utf8("\x80\x80\x80\x80\x80\x80", 5).size() == 5);
}

TEST_CASE("the end of a text begins with a character") {
  CHECK(end_of_utf8("abc", 3) == "abc");
  CHECK(end_of_utf8("abc", 2) == "bc");
  CHECK(end_of_utf8("abc", 0).empty());
  CHECK(end_of_utf8("\xC3\xBC"
                    "a",
                    2)
        == "a");
  CHECK(end_of_utf8("z\xF0\x9F\x98\x80", 3).empty());
  CHECK(end_of_utf8("z\xF0\x9F\x98\x80", 4) == "\xF0\x9F\x98\x80");
  CHECK(end_of_utf8("\x80\x80\x80\x80\x80\x80", 5).size() == 2);
}
