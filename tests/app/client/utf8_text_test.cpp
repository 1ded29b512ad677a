#include "app/text/utf8_text.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

const std::string bad = "\xEF\xBF\xBD";

} // namespace

TEST_CASE("good text is not changed") {
  for (auto text :
       {"", "plain", "gr\xC3\xBC\xC3\x9F", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
        "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"})
    CHECK(repair_utf8(text) == text);
  CHECK(repair_utf8(std::string(3, '\0')) == std::string(3, '\0'));
}

TEST_CASE("each piece of a broken character becomes one replacement") {
  CHECK(repair_utf8("a\xFFz") == "a" + bad + "z");
  CHECK(repair_utf8("\xC3") == bad);
  CHECK(repair_utf8("\xE2\x82") == bad);
  CHECK(repair_utf8("\xE2\x82z") == bad + "z");
  CHECK(repair_utf8("\x80\x80") == bad + bad);
  CHECK(repair_utf8("\xF0\x9F\x98\xC3\xBC") == bad + "\xC3\xBC");
}

TEST_CASE("overlong forms, surrogates and what lies beyond are broken") {
  CHECK(repair_utf8("\xC0\xAF") == bad + bad);
  CHECK(repair_utf8("\xE0\x80\xAF") == bad + bad + bad);
  CHECK(repair_utf8("\xED\xA0\x80") == bad + bad + bad);
  CHECK(repair_utf8("\xF4\x90\x80\x80") == bad + bad + bad + bad);
  CHECK(repair_utf8("\xF5\x80") == bad + bad);
}

TEST_CASE("text on one line has no control characters") {
  CHECK(without_controls("a\n\t\x1B\x7F\xC2\x9Bz") == "a?????z");
  CHECK(without_controls("gr\xC3\xBC\xC3\x9F") == "gr\xC3\xBC\xC3\x9F");
  // U+202E, which the terminal's end escapes.
  CHECK(without_controls("\xE2\x80\xAE") == "\xE2\x80\xAE");
}

TEST_CASE("a tail does not begin inside a character") {
  CHECK(skip_partial_character("\xBCz") == "z");
  CHECK(skip_partial_character("\x9F\x98\x80z") == "z");
  CHECK(skip_partial_character("\xC3\xBCz") == "\xC3\xBCz");
  CHECK(skip_partial_character("") == "");
}

TEST_CASE("nothing steers the terminal") {
  CHECK(printable("a\x1B[2Jb") == "a" + bad + "[2Jb");
  CHECK(printable("a\rb\x07\x7F") == "a" + bad + "b" + bad + bad);
  CHECK(printable("\xC2\x9B"
                  "31m")
        == bad + "31m");
  CHECK(printable("a\tb\nc \xC3\xBC") == "a\tb\nc \xC3\xBC");
}

TEST_CASE("text cannot be turned around on a terminal") {
  // The file name of the "Trojan Source" kind: it reads as "gpj.exe".
  CHECK(printable("a\xE2\x80\xAEgpj.exe") == "a\\u202egpj.exe");
  CHECK(printable("\xD8\x9C") == "\\u061c");
  CHECK(printable("\xE2\x80\x8E") == "\\u200e");
  CHECK(printable("\xE2\x80\x8F") == "\\u200f");
  CHECK(printable("\xE2\x80\xAA") == "\\u202a");
  CHECK(printable("\xE2\x81\xA6") == "\\u2066");
  CHECK(printable("\xE2\x81\xA9") == "\\u2069");
  // Their neighbours are ordinary characters.
  for (auto text : {"\xD8\x9B", "\xD8\xA7", "\xE2\x80\xA9", "\xE2\x80\xAF",
                    "\xE2\x81\xA5", "\xE2\x82\xAC"})
    CHECK(printable(text) == text);
}

TEST_CASE("JSON for a terminal keeps its meaning") {
  auto json = std::string{"{\"a\":\"\xE2\x80\xAE \xC2\x9B \x7F \xC3\xBC\"}"};
  auto shown = printable_json(json);
  CHECK(shown == "{\"a\":\"\\u202e \\u009b \\u007f \xC3\xBC\"}");
  CHECK(nlohmann::json::parse(shown) == nlohmann::json::parse(json));
}
