#include "protocol/json_writer.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;
using nlohmann::json;

namespace {

std::string as_json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

} // namespace

TEST_CASE("an object is written member by member in order") {
  CHECK(json_writer{}.finish() == "{}");
  CHECK(
      json_writer{}
          .string("b", "x")
          .number("a", std::int64_t{-7})
          .number("c", 0.25)
          .flag("d", true)
          .flag("e", false)
          .null("f")
          .raw("g", "[1,{}]")
          .finish()
      == R"({"b":"x","a":-7,"c":0.25,"d":true,"e":false,"f":null,"g":[1,{}]})");
}

TEST_CASE("a missing text is written as null") {
  CHECK(json_writer{}.nullable("a", std::nullopt).nullable("b", "x").finish()
        == R"({"a":null,"b":"x"})");
}

TEST_CASE("quotes backslashes and control characters are escaped") {
  CHECK(as_json("a\"b\\c/d") == R"("a\"b\\c/d")");
  CHECK(as_json("\n\r\t\b\f") == R"("\n\r\t\b\f")");
  CHECK(as_json(std::string{"\0\x1f", 2}) == R"("\u0000\u001f")");
  CHECK(as_json("\x7f") == "\"\x7f\"");
  CHECK(as_json("") == R"("")");
}

TEST_CASE("a character to escape is found wherever it stands") {
  for (std::size_t size = 1; size < 26; ++size)
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'x');
      text[at] = '"';
      CHECK(json::parse(as_json(text)).get<std::string>() == text);
    }
}

TEST_CASE("text beyond ASCII is written as it is") {
  for (std::string text : {"\u00e9", "\u20ac", "\U0001F600", "\u2028"})
    CHECK(as_json(text) == "\"" + text + "\"");
}

TEST_CASE("bytes that are no UTF-8 become the replacement character") {
  for (std::string bad : {"\xff", "\xC3", "\xE2\x82", "\xED\xA0\x80"}) {
    CAPTURE(bad);
    auto text = as_json("a" + bad + "b");
    CHECK(json::accept(text));
    CHECK(text.find("\ufffd") != std::string::npos);
    CHECK(text.starts_with("\"a"));
    CHECK(text.ends_with("b\""));
  }
}

TEST_CASE("every one-byte string comes back from a JSON parser") {
  for (auto byte = 0; byte < 128; ++byte) {
    CAPTURE(byte);
    std::string text(1, static_cast<char>(byte));
    CHECK(json::parse(as_json(text)).get<std::string>() == text);
  }
}

TEST_CASE("numbers are written in their shortest form") {
  auto number = [](double x) { return json_writer{}.number("x", x).finish(); };
  CHECK(number(30) == R"({"x":30})");
  CHECK(number(0.1) == R"({"x":0.1})");
  CHECK(number(-1.5) == R"({"x":-1.5})");
  CHECK(number(1e300) == R"({"x":1e+300})");
  CHECK(json_writer{}
            .number("x", std::numeric_limits<std::int64_t>::min())
            .finish()
        == R"({"x":-9223372036854775808})");
}

TEST_CASE("every number comes back from a JSON parser") {
  using limits = std::numeric_limits<double>;
  for (auto x : {0.0, 1.0 / 3, limits::min(), limits::max(), limits::lowest(),
                 limits::denorm_min(), 1e21, 123456789.123456789}) {
    CAPTURE(x);
    auto text = json_writer{}.number("x", x).finish();
    CHECK(json::parse(text).at("x").get<double>() == x);
  }
}

TEST_CASE("what is no number in JSON is written as null") {
  using limits = std::numeric_limits<double>;
  for (auto x : {limits::quiet_NaN(), limits::infinity(), -limits::infinity()})
    CHECK(json_writer{}.number("x", x).finish() == R"({"x":null})");
}
