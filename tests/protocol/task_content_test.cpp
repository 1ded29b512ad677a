#include "domain/limits.hpp"
#include "protocol/task_content.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;

namespace {

std::string cleaned(std::string text, std::size_t limit = default_max_content) {
  auto out = clean_content(std::move(text), limit);
  REQUIRE(out.has_value());
  return std::move(*out);
}

errc refused(std::string text, std::size_t limit = default_max_content) {
  auto out = clean_content(std::move(text), limit);
  REQUIRE(out.has_error());
  return out.error().code;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  while (times-- > 0)
    out += text;
  return out;
}

} // namespace

TEST_CASE("a task without a blemish is taken as it is") {
  CHECK(cleaned("fix the bug") == "fix the bug");
  CHECK(cleaned("x") == "x");
  CHECK(cleaned("line 1\n\n  line 2\ttab") == "line 1\n\n  line 2\ttab");
}

TEST_CASE("NULs are removed wherever they stand in a task") {
  CHECK(cleaned(std::string{"\0a\0\0b\0", 6}) == "ab");
  // What they hid is stripped.
  CHECK(cleaned(std::string{"\0 a \0", 5}) == "a");
}

TEST_CASE("white space is stripped from both ends of a task") {
  CHECK(cleaned(" \t\r\n\v\f a b \x1c\x1d\x1e\x1f") == "a b");
}

TEST_CASE("what Python strips as white space is stripped") {
  for (std::string space :
       {"\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003",
        "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a",
        "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"}) {
    CAPTURE(space);
    CHECK(
        cleaned(space + " " + space + "a" + space + "b" + space + "\n" + space)
        == "a" + space + "b");
    CHECK(refused(space) == errc::empty_content);
  }
}

TEST_CASE("what Python does not strip stays") {
  // A zero-width space, a byte-order mark, a Mongolian vowel separator.
  for (std::string kept : {"\u200b", "\ufeff", "\u180e", "\x7f"}) {
    CAPTURE(kept);
    CHECK(cleaned(kept) == kept);
  }
}

TEST_CASE("a character whose last bytes look like white space stays whole") {
  // They end in 0x85, 0xA0 and 0x80 0x80: the tails of white-space characters.
  for (std::string kept : {"\u0145", "\u0160", "\u4e00", "\U00010000", "\u00e0",
                           "\u20a0", "\u8000"}) {
    CAPTURE(kept);
    CHECK(cleaned(" " + kept + " ") == kept);
  }
}

TEST_CASE("a task without text is refused") {
  CHECK(refused("") == errc::empty_content);
  CHECK(refused(" \n\t ") == errc::empty_content);
  CHECK(refused(std::string(3, '\0')) == errc::empty_content);
  CHECK(refused(std::string{" \0 ", 3}) == errc::empty_content);
  auto out = clean_content("", 10);
  CHECK(to_string(out.error()) == "content must not be empty");
}

TEST_CASE("a task may have 10000 code points but no more") {
  CHECK(cleaned(std::string(10'000, 'x')).size() == 10'000);
  CHECK(refused(std::string(10'001, 'x')) == errc::content_too_long);
  for (auto wide : {"\u00e9", "\u20ac", "\U0001F600"}) {
    CAPTURE(wide);
    CHECK_FALSE(cleaned(repeated(wide, 10'000)).empty());
    CHECK(refused(repeated(wide, 10'001)) == errc::content_too_long);
  }
}

TEST_CASE("what is removed does not count against the limit of a task") {
  CHECK(cleaned(std::string(500, ' ') + "abc" + std::string(500, '\0'), 3)
        == "abc");
  CHECK(refused("abcd", 3) == errc::content_too_long);
}

TEST_CASE("the refusal of a long task names the limit") {
  auto by_default =
      clean_content(std::string(10'001, 'x'), default_max_content);
  CHECK(to_string(by_default.error()) == "content must be <= 10000 characters");
  auto configured = clean_content("abcd", 3);
  CHECK(to_string(configured.error()) == "content must be <= 3 characters");
}

TEST_CASE("white space is stripped from both ends as Python does it") {
  CHECK(strip(" \t\u3000a b\u00a0\n") == "a b");
  CHECK(strip("a") == "a");
  CHECK(strip(" \u2003 ").empty());
  CHECK(strip("").empty());
}
