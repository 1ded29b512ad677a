#include "protocol/json_fields.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;
using nlohmann::json;

namespace {

constexpr std::array<std::string_view, 2> wanted{"a", "b"};

json_fields parsed(std::string_view text) {
  auto out = json_fields::parse(text, wanted);
  if (!out)
    FAIL("refused: ", out.error().detail);
  return std::move(*out);
}

failure refused(std::string_view text) {
  auto out = json_fields::parse(text, wanted);
  REQUIRE(out.has_error());
  return out.error();
}

/// The member `a` of `text`, as text.
std::string member(std::string_view text) {
  return parsed(text).find("a").text;
}

} // namespace

TEST_CASE("wanted members are found and the rest is skipped") {
  auto fields = parsed(R"({"x":[1,{"a":2}],"a":"one","y":{"b":3},"b":null})");
  CHECK(fields.find("a").kind == json_kind::string);
  CHECK(fields.find("a").text == "one");
  CHECK(fields.find("b").kind == json_kind::null);
}

TEST_CASE("an absent member differs from null") {
  auto fields = parsed(R"({"a":null})");
  CHECK(fields.has("a"));
  CHECK_FALSE(fields.has("b"));
  CHECK(fields.find("b").kind == json_kind::absent);
}

TEST_CASE("of two members with one name the last counts") {
  CHECK(member(R"({"a":"one","a":"two"})") == "two");
  CHECK(member(R"({"a":{"x":1},"b":0,"a":[2]})") == "[2]");
  CHECK(member(R"({"a":[1,2],"a":{"x":1}})") == R"({"x":1})");
  CHECK(parsed(R"({"a":"one","a":null})").find("a").kind == json_kind::null);
}

TEST_CASE("every kind of value is told apart") {
  auto kind = [](std::string value) {
    return parsed(R"({"a":)" + value + "}").find("a").kind;
  };
  CHECK(kind("null") == json_kind::null);
  CHECK(kind("true") == json_kind::boolean);
  CHECK(kind("-0.5e3") == json_kind::number);
  CHECK(kind(R"("")") == json_kind::string);
  CHECK(kind("[]") == json_kind::array);
  CHECK(kind("{}") == json_kind::object);
}

TEST_CASE("a nested value comes out as the same value without spaces") {
  auto text = R"({ "x" : [ 1 , -2 , 3.5 , true ] , "y" : { } , "z" : [ ] ,
    "deep" : { "q" : [ [ ] , { "r" : null } , false ] } , "s" : "\u00e9\n\/" })";
  CHECK(member(R"({"a":)" + std::string{text} + "}")
        == R"({"x":[1,-2,3.5,true],"y":{},"z":[],)"
           R"("deep":{"q":[[],{"r":null},false]},"s":")"
           "\u00e9"
           R"(\n/"})");
}

TEST_CASE("a nested string is escaped again") {
  std::string text = R"(["\u0000\u001f\b\f\n\r\t\"\\", "\ud83d\ude00 \u2028"])";
  auto out = member(R"({"a":)" + text + "}");
  CHECK(json::parse(out) == json::parse(text));
  CHECK(out.find_first_of(std::string{"\0\n\t", 3}) == std::string::npos);
}

TEST_CASE("members of one name inside a nested value all stay") {
  CHECK(member(R"({"a":{"x":1,"x":2}})") == R"({"x":1,"x":2})");
}

TEST_CASE("whole numbers within a value keep their digits") {
  for (std::string number :
       {"0", "-1", "9223372036854775807", "18446744073709551615",
        "-9223372036854775808", "18446744073709551616",
        "1180591620717411303424", "-123456789012345678901234567890"}) {
    CAPTURE(number);
    CHECK(member(R"({"a":[)" + number + "]}") == "[" + number + "]");
  }
}

TEST_CASE("numbers keep their value") {
  for (std::string number :
       {"0", "-7", "18446744073709551615", "18446744073709551616",
        "-123456789012345678901234567890", "0.1", "0.10", "-0.0", "1e5", "1E+5",
        "1e-7", "5e-324", "1e-400", "1.7976931348623157e308",
        "3.141592653589793238462643", "123456.789", "0.30000000000000004",
        "2.2250738585072011e-308"}) {
    CAPTURE(number);
    auto expected = json::parse(number).get<double>();
    CHECK(parsed(R"({"a":)" + number + "}").find("a").number == expected);
    CHECK(json::parse(member(R"({"a":[)" + number + "]}"))[0].get<double>()
          == expected);
  }
}

TEST_CASE("a large text is read as a small one is, by the same parser") {
  // The two parsers write a number in different ways, which tells them apart.
  auto small = member(R"({"a":[1e5]})");
  CHECK(small != "[1e5]");
  for (std::size_t size : {60'000, 70'000, 1'000'000, 60'000}) {
    CAPTURE(size);
    auto text = R"({"b":")" + std::string(size, 'x') + R"(","a":[1e5]})";
    CHECK(member(text) == small);
  }
}

TEST_CASE("text that is no JSON says so") {
  for (std::string text : {"",
                           " ",
                           "{",
                           "}",
                           "{]",
                           R"({"a")",
                           R"({"a":})",
                           R"({"a":1,})",
                           R"({"a":1}})",
                           R"({"a":1} x)",
                           R"({'a':1})",
                           R"({a:1})",
                           "nul",
                           R"({"a":01})",
                           R"({"a":+1})",
                           R"({"a":.5})",
                           R"({"a":1.})",
                           R"({"a":"\x"})",
                           R"({"a":"\u12"})",
                           "{\"a\":\"\n\"}",
                           "{\"a\":\"\xff\"}",
                           "{\"a\":\"\xC0\x80\"}",
                           "{\"a\":\"\xED\xA0\x80\"}"}) {
    CAPTURE(text);
    auto why = refused(text);
    CHECK(why.code == errc::invalid_json);
    CHECK(why.detail.starts_with("Invalid JSON: "));
  }
  CHECK(refused({}).code == errc::invalid_json);
}

TEST_CASE("the refusal of broken JSON names the place") {
  CHECK(refused(R"({"a":x})").detail == "Invalid JSON: syntax error at byte 6");
}

TEST_CASE("a NUL byte does not end a text early") {
  using namespace std::string_view_literals;
  for (auto text : {"{\"a\":1}\0"sv, "{\"a\":1}\0{]"sv, "\0"sv,
                    "{\"a\":\"x\0y\"}"sv, "{\"a\":\0 1}"sv}) {
    auto why = refused(text);
    CHECK(why.code == errc::invalid_json);
    CHECK(why.detail
          == "Invalid JSON: syntax error at byte "
                 + std::to_string(text.find('\0') + 1));
  }
}

TEST_CASE("JSON that is no object is no message") {
  for (auto text :
       {"[]", "[[1]]", "1", "-1", "1.5", R"("a")", "true", "null"}) {
    CAPTURE(text);
    auto why = refused(text);
    CHECK(why.code == errc::invalid_message);
    CHECK(why.detail == "Invalid message format: expected a JSON object");
  }
}

TEST_CASE("what Python writes beyond JSON is read as null") {
  CHECK(parsed(R"({"a":NaN})").find("a").kind == json_kind::null);
  CHECK(member(R"({"a":[NaN,-Infinity]})") == "[null,null]");
  CHECK(member(R"({"a":"x\ud800"})") == "x\ufffd");
}

TEST_CASE("a repair does not save text that is broken elsewhere") {
  auto why = refused(R"({"a":NaN,})");
  CHECK(why.code == errc::invalid_json);
  CHECK(why.detail == "Invalid JSON: syntax error at byte 6");
}

TEST_CASE("a number is read as a number") {
  auto number = [](std::string_view text) {
    return parsed(text).take_number("a");
  };
  CHECK(*number(R"({"a":1.5})") == 1.5);
  CHECK(*number(R"({"a":-3})") == -3.0);
  CHECK(*number("{}") == std::nullopt);
  CHECK(number(R"({"a":null})").error().detail
        == "a: expected a number, got null");
  CHECK(number(R"({"a":"1"})").error().kind == "float_type");
}

TEST_CASE("a flag is true or false and false by default") {
  auto flag = [](std::string_view text) { return parsed(text).take_flag("a"); };
  CHECK(*flag(R"({"a":true})"));
  CHECK_FALSE(*flag(R"({"a":false})"));
  CHECK_FALSE(*flag("{}"));
  CHECK(flag(R"({"a":1})").error().detail
        == "a: expected true or false, got a number");
}
