#include "domain/limits.hpp"
#include "protocol/json_fields.hpp"

#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;

// What tests/hostile sends over the wire in hundreds of cases, here for both
// parsers: they must agree about every text, or the meaning of a message would
// depend on its length.

namespace {

constexpr std::array<std::string_view, 1> wanted{"v"};

struct reading {
  bool accepted = false;
  json_kind kind = json_kind::absent;
  double number = 0;
  std::string text;

  friend bool operator==(const reading&, const reading&) = default;
};

reading read(const result<json_fields>& fields) {
  if (!fields)
    return {};
  const auto& v = fields->find("v");
  return {true, v.kind, v.number, v.text};
}

/// How `value` is read as a member, alone and inside a list; both parsers, each
/// asked directly, and one by way of a text that is too long for the other.
reading read_value(std::string_view value) {
  CAPTURE(value);
  auto in_object = R"({"v":)" + std::string{value} + "}";
  auto fast = read(json_fields::parse(in_object, wanted));
  CHECK(read(json_fields::parse_slowly(in_object, wanted)) == fast);
  auto in_list = R"({"v":[)" + std::string{value} + "]}";
  auto nested = read(json_fields::parse(in_list, wanted));
  CHECK(nested.accepted == fast.accepted);
  auto slowly = read(json_fields::parse_slowly(in_list, wanted));
  CHECK(slowly.accepted == fast.accepted);
  return fast;
}

const std::string deep_list = std::string(62, '[') + std::string(62, ']');
const std::string too_deep_list = std::string(64, '[') + std::string(64, ']');

} // namespace

TEST_CASE("what is JSON is accepted by both parsers, and read alike") {
  for (std::string value : {"0",
                            "-0",
                            "1",
                            "-12",
                            "0.5",
                            "-0.5e-3",
                            "1E+2",
                            "1e308",
                            "5e-324",
                            "9223372036854775807",
                            "-9223372036854775808",
                            "18446744073709551615",
                            "18446744073709551616",
                            "11111111111111111111111111111111",
                            "1e-999",
                            "true",
                            "false",
                            "null",
                            R"("")",
                            R"("a\"\\\/\b\f\n\r\té")",
                            R"("😀")",
                            "\"\xF0\x9F\x98\x80\"",
                            R"("\u0000")",
                            "\"\x7F\"",
                            "[]",
                            "[ ]",
                            "[[],{}]",
                            "{}",
                            R"({"a":{"b":[1,"x",null]}})",
                            R"({"a":1,"a":2})"}) {
    CHECK(read_value(value).accepted);
  }
  CHECK(read_value(deep_list).accepted);
}

TEST_CASE("what is not JSON is refused by both parsers") {
  for (std::string value : {",",
                            ":",
                            "01",
                            "-01",
                            "1.",
                            ".5",
                            "1.e1",
                            "1e",
                            "1e+",
                            "1ee5",
                            "+1",
                            "--1",
                            "-",
                            "0x10",
                            "1_000",
                            "1a",
                            "1 2",
                            "01e9991",
                            "1e999123e4",
                            "1e999e999",
                            "1.e999",
                            "1e999.5",
                            "1-1e999",
                            "+1e999",
                            "--1e999",
                            "1e999x",
                            "Inf",
                            "nan",
                            "-NaN",
                            "1NaN",
                            "NaNNaN",
                            "--Infinity",
                            "Infinity1",
                            "True",
                            "nul",
                            "undefined",
                            "'a'",
                            "\"a",
                            R"("\x41")",
                            R"("\u12")",
                            R"("\uzzzz")",
                            R"("\ud800\u1")",
                            "\"\t\"",
                            "\"\n\"",
                            "\"\xFF\"",
                            "\"\xC0\xAF\"",
                            "\"\xED\xA0\x80\"",
                            "\"\xF4\x90\x80\x80\"",
                            "\xE9",
                            "[1,]",
                            "[,1]",
                            "[1 2]",
                            "[1",
                            "]",
                            "[NaN,]",
                            "{1:1}",
                            R"({"a"})",
                            R"({"a":})",
                            R"({"a":1,})",
                            R"({"a" 1})",
                            "{a:1}",
                            "[/**/]",
                            "1//",
                            "\v1",
                            "\xC2\xA0"
                            "1",
                            "\xEF\xBB\xBF"
                            "1"}) {
    CHECK_FALSE(read_value(value).accepted);
  }
  CHECK_FALSE(read_value(too_deep_list).accepted);
  CHECK_FALSE(read_value(std::string(100'000, '[')).accepted);
}

TEST_CASE("only these become null: what Python writes for no number, and what "
          "no double holds") {
  for (std::string value : {"NaN", "Infinity", "-Infinity", "1e999", "-1e999",
                            "1.5e309", "1E+999", "1e99999999999999999999"})
    CHECK(read_value(value).kind == json_kind::null);
  CHECK(read_value(std::string(400, '9')).kind == json_kind::null);
  auto list = json_fields::parse(R"({"v":[1,NaN,-1e999,"NaN"]})", wanted);
  REQUIRE(list.has_value());
  CHECK(list->find("v").text == R"([1,null,null,"NaN"])");
}

TEST_CASE("a text too long for the fast parser is judged by the same rules") {
  const std::string blanks(mebibyte + 1, ' ');
  for (auto [value, accepted] :
       {std::pair{"[1,2]", true}, std::pair{"NaN", true},
        std::pair{"01e9991", false}, std::pair{"1e999123e4", false},
        std::pair{"[1,]", false}, std::pair{R"("\ud800")", true}}) {
    auto text = R"({"v":)" + std::string{value} + blanks + "}";
    CAPTURE(text.substr(0, 30));
    CHECK(json_fields::parse(text, wanted).has_value() == accepted);
  }
}
