#include "protocol/json_document.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;

namespace {

std::string nested(std::size_t levels, const std::string& open,
                   const std::string& close) {
  std::string out;
  for (std::size_t i = 0; i < levels; ++i)
    out += open;
  out += "1";
  for (std::size_t i = 0; i < levels; ++i)
    out += close;
  return out;
}

} // namespace

TEST_CASE("a document nests 64 levels deep but no deeper") {
  for (auto lists : {true, false}) {
    CAPTURE(lists);
    auto open = lists ? "[" : R"({"a":)";
    auto close = lists ? "]" : "}";
    CHECK_FALSE(parse_json_document(nested(64, open, close)).is_discarded());
    CHECK(parse_json_document(nested(65, open, close)).is_discarded());
    CHECK(parse_json_document(nested(100'000, open, close)).is_discarded());
  }
}

TEST_CASE("brackets in strings do not count as depth") {
  auto text = "[\"" + std::string(100, '[') + R"(\"[[\\", "]"])";
  CHECK(nests_within(text, 1));
  CHECK(parse_json_document(text).size() == 2);
}

TEST_CASE("what was closed does not count as depth") {
  CHECK(nests_within("[[],[],{}]", 2));
  CHECK_FALSE(nests_within("[[],[[]]]", 2));
  CHECK(nests_within("]]]][", 1));
}

TEST_CASE("text that is not JSON is no document") {
  for (auto text : {"", "x", "[", "[}", "{\"a\":}", "\"\\"}) {
    CAPTURE(text);
    CHECK(parse_json_document(text).is_discarded());
  }
}

TEST_CASE("a member that is no text is an empty one") {
  auto document = parse_json_document(R"({"a":"x","b":1})");
  CHECK(text_member(document, "a") == "x");
  CHECK(text_member(document, "b").empty());
  CHECK(text_member(document, "c").empty());
  CHECK(text_member(parse_json_document("[]"), "a").empty());
  CHECK(text_member(parse_json_document("x"), "a").empty());
}
