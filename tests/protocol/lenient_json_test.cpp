#include "protocol/lenient_json.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;

namespace {

std::string repaired(std::string_view text) {
  return repair_python_json(text).value_or("(left alone)");
}

} // namespace

TEST_CASE("numbers that Python writes and JSON has not become null") {
  CHECK(repaired(R"({"a":NaN})") == R"({"a":null})");
  CHECK(repaired(R"({"a":Infinity,"b":-Infinity})")
        == R"({"a":null,"b":null})");
  CHECK(repaired("[NaN, Infinity, -Infinity]") == "[null, null, null]");
}

TEST_CASE("a number becomes null only where it is one, and too large") {
  CHECK(repaired("[1e999,-1E+999,1.5e309]") == "[null,null,null]");
  CHECK(repaired("1" + std::string(400, '0') + "e-50") == "null");
  for (std::string text :
       {"01e9991", "-01e9991", "1e999123e4", "1e999e999", "1.e999", "1e999.5",
        "1-1e999", "1e-999", "0.0000001e-999", "1e308"}) {
    CAPTURE(text);
    CHECK_FALSE(repair_python_json(text));
  }
  // Beside a number that becomes null, these stay what they are: no JSON.
  CHECK(repaired("[1e999,01e9991]") == "[null,01e9991]");
  CHECK(repaired("[NaN,1e999123e4]") == "[null,1e999123e4]");
}

TEST_CASE("the same words inside a string are text") {
  CHECK_FALSE(repair_python_json(R"({"NaN":"-Infinity"})"));
  CHECK(repaired(R"({"a":"say \"NaN\"","b":NaN})")
        == R"({"a":"say \"NaN\"","b":null})");
  CHECK(repaired(R"({"a":"\\","b":NaN})") == R"({"a":"\\","b":null})");
}

TEST_CASE("half a surrogate pair becomes the replacement character") {
  CHECK(repaired(R"("\ud83d")") == R"("\ufffd")");
  CHECK(repaired(R"("\ude00")") == R"("\ufffd")");
  CHECK(repaired(R"("\uD83Dx\uDE00")") == R"("\ufffdx\ufffd")");
  CHECK(repaired(R"("\ud83d\ud83d\ude00")") == R"("\ufffd\ud83d\ude00")");
  CHECK(repaired(R"("\ud83d\n")") == R"("\ufffd\n")");
}

TEST_CASE("a whole surrogate pair stays") {
  CHECK_FALSE(repair_python_json(R"({"a":"\ud83d\ude00"})"));
  CHECK(repaired(R"(["\ud83d\ude00",NaN])") == R"(["\ud83d\ude00",null])");
}

TEST_CASE("an escaped backslash before a u starts no escape") {
  CHECK_FALSE(repair_python_json(R"({"a":"\\ud83d"})"));
  CHECK(repaired(R"("\\\ud83d")") == R"("\\\ufffd")");
}

TEST_CASE("text without anything of the kind is left alone") {
  for (auto text : {"", "{}", R"({"a":1,"b":[true,null,"x"]})", "{]", "\"",
                    R"("\)", R"("\u)", R"("\u12)", R"("\uzzzz")", R"("\u-123")",
                    "N", "Na", "Inf", "-Inf", "-", "nan"}) {
    CAPTURE(text);
    CHECK_FALSE(repair_python_json(text));
  }
}

TEST_CASE("a text that ends in the middle of an escape is no trouble") {
  CHECK(repaired(R"(NaN"\ud83d\u)") == R"(null"\ufffd\u)");
  CHECK(repaired(R"(NaN"\ud83d\)") == R"(null"\ufffd\)");
  CHECK(repaired(R"(NaN"\)") == R"(null"\)");
}
