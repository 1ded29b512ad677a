#include "app/adapters/line_splitter.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

using lines = std::vector<std::string>;

namespace {

constexpr std::size_t no_limit = 1000;

lines texts(const std::vector<output_line>& x) {
  lines out;
  for (const auto& line : x)
    out.push_back(line.text);
  return out;
}

/// The lines of `parts`, as on a terminal that is painted over.
lines painted(const std::vector<std::string>& parts) {
  line_splitter splitter{no_limit, carriage_return::restarts_line};
  lines out;
  for (const auto& part : parts)
    for (auto& line : splitter.feed(part))
      out.push_back(std::move(line.text));
  return out;
}

} // namespace

TEST_CASE("a line is given out when its end has come") {
  line_splitter splitter{no_limit};
  CHECK(splitter.feed("one").empty());
  CHECK(splitter.feed(" two").empty());
  CHECK(texts(splitter.feed("\nthree\nfo")) == lines{"one two", "three"});
  CHECK(splitter.rest() == "fo");
  CHECK(texts(splitter.feed("ur\n")) == lines{"four"});
}

TEST_CASE("an empty line is a line") {
  line_splitter splitter{no_limit};
  CHECK(texts(splitter.feed("\n\na\n")) == lines{"", "", "a"});
}

TEST_CASE("a carriage return before the end belongs to the end") {
  line_splitter splitter{no_limit};
  CHECK(splitter.feed("a\r").empty());
  CHECK(texts(splitter.feed("\nb\rc\r\n")) == lines{"a", "b\rc"});
}

TEST_CASE("a character cut in two by the pipe is whole again") {
  line_splitter splitter{no_limit};
  CHECK(splitter.feed("gr\xC3").empty());
  CHECK(texts(splitter.feed("\xBC\xC3\x9F.\n"))
        == lines{"gr\xC3\xBC\xC3\x9F."});
}

TEST_CASE("a line of exactly the limit is left alone") {
  line_splitter splitter{8};
  for (std::string_view text : {"12345678\n", "12345678\r\n"}) {
    auto out = splitter.feed(text);
    REQUIRE(out.size() == 1);
    CHECK(out[0].text == "12345678");
    CHECK_FALSE(out[0].is_cut());
  }
}

TEST_CASE("an endless line is not kept, but its length is") {
  line_splitter splitter{8};
  std::string flood(100'000, 'x');
  for (auto i = 0; i < 10; ++i)
    CHECK(splitter.feed(flood).empty());
  auto out = splitter.feed("\r\ny\n");
  REQUIRE(out.size() == 2);
  CHECK(out[0].text == "xxxxxxxx");
  CHECK(out[0].length == 1'000'000);
  CHECK(out[0].is_cut());
  CHECK(out[1].text == "y");
}

TEST_CASE("of a line that is painted over only the last state is kept") {
  CHECK(painted({"10%\r20%\r30%\n"}) == lines{"30%"});
  CHECK(painted({"10%\r", "20%", "\r", "30%\r\n"}) == lines{"30%"});
  CHECK(painted({"10%\r\r\n", "\r\n", "x\n"}) == lines{"10%\r", "", "x"});
  line_splitter splitter{8, carriage_return::restarts_line};
  for (auto i = 0; i < 1000; ++i)
    CHECK(splitter.feed("\r" + std::to_string(i) + " of 999").empty());
  CHECK(splitter.rest() == "999 of 9");
}
