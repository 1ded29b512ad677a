#include "app/bridge/line_splitter.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

using lines = std::vector<std::string>;

TEST_CASE("a line is given out when its end has come") {
  line_splitter splitter;
  CHECK(splitter.feed("one").empty());
  CHECK(splitter.feed(" two").empty());
  CHECK(splitter.feed("\nthree\nfo") == lines{"one two", "three"});
  CHECK(splitter.feed("ur\n") == lines{"four"});
}

TEST_CASE("an empty line is a line") {
  line_splitter splitter;
  CHECK(splitter.feed("\n\na\n") == lines{"", "", "a"});
}

TEST_CASE("a carriage return before the end belongs to the end") {
  line_splitter splitter;
  CHECK(splitter.feed("a\r").empty());
  CHECK(splitter.feed("\nb\rc\r\n") == lines{"a", "b\rc"});
}

TEST_CASE("a character cut in two by the pipe is whole again") {
  line_splitter splitter;
  CHECK(splitter.feed("gr\xC3").empty());
  CHECK(splitter.feed("\xBC\xC3\x9F.\n") == lines{"gr\xC3\xBC\xC3\x9F."});
}

TEST_CASE("bytes that are no text are replaced") {
  line_splitter splitter;
  CHECK(splitter.feed("\xFFx\n") == lines{"\xEF\xBF\xBDx"});
}

TEST_CASE("a line of exactly the limit is left alone") {
  line_splitter splitter{8};
  CHECK(splitter.feed("12345678\n") == lines{"12345678"});
  CHECK(splitter.feed("12345678\r\n") == lines{"12345678"});
}

TEST_CASE("a longer line ends in an ellipsis within the limit") {
  line_splitter splitter{8};
  CHECK(splitter.feed("123456789\nx\n") == lines{"12345\xE2\x80\xA6", "x"});
  CHECK(splitter.feed("1234\xC3\xBC\xC3\xBC\xC3\xBC\n")
        == lines{"1234\xE2\x80\xA6"});
}

TEST_CASE("an endless line is not kept") {
  line_splitter splitter{8};
  std::string flood(100'000, 'x');
  for (auto i = 0; i < 10; ++i)
    CHECK(splitter.feed(flood).empty());
  CHECK(splitter.feed("\ny\n") == lines{"xxxxx\xE2\x80\xA6", "y"});
}

TEST_CASE("a line stays within the limit when it must be repaired") {
  line_splitter splitter{8};
  auto out = splitter.feed("\xFF\xFF\xFF\xFF\n");
  REQUIRE(out.size() == 1);
  CHECK(out[0] == "\xEF\xBF\xBD\xE2\x80\xA6");
}
