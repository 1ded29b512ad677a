#include "protocol/control_codec.hpp"
#include "protocol/violation.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;
using nlohmann::json;

namespace {

/// What is said to be wrong with a dispatch body.
json complaints(std::string_view body) {
  auto decoded = decode_dispatch_body(body);
  REQUIRE_FALSE(decoded.has_value());
  return json::parse(
      to_json(body_violations(body, dispatch_body_members(), decoded.error())));
}

} // namespace

TEST_CASE("a missing member is named, with the body it is missing in") {
  CHECK(complaints(R"({"context":{}})")
        == json{{{"type", "missing"},
                 {"loc", {"body", "content"}},
                 {"msg", "Field required"},
                 {"input", {{"context", json::object()}}}}});
}

TEST_CASE("every member of the wrong type is named, with what it was") {
  CHECK(complaints(R"({"content":7,"context":"x"})")
        == json{{{"type", "string_type"},
                 {"loc", {"body", "content"}},
                 {"msg", "Input should be a valid string"},
                 {"input", 7}},
                {{"type", "dict_type"},
                 {"loc", {"body", "context"}},
                 {"msg", "Input should be a valid dictionary"},
                 {"input", "x"}}});
}

TEST_CASE("a body that is no object is wrong as a whole") {
  auto list = complaints("[1]");
  CHECK(list[0]["type"] == "model_attributes_type");
  CHECK(list[0]["loc"] == json{"body"});
  CHECK(list[0]["input"] == json{1});
}

// It ended the daemon, by stack overflow.
TEST_CASE("a body of lists nested very deep is quoted in part") {
  std::string body(300'000, '[');
  body.append(300'000, ']');
  auto list = complaints(body);
  CHECK(list[0]["type"] == "model_attributes_type");
  auto quoted = list[0]["input"].dump();
  CHECK(quoted.starts_with("[["));
  CHECK(quoted.size() < 1000);
}

TEST_CASE("an empty body is missing") {
  json missing{{{"type", "missing"},
                {"loc", {"body"}},
                {"msg", "Field required"},
                {"input", nullptr}}};
  CHECK(complaints("") == missing);
  CHECK(complaints("null") == missing);
}

TEST_CASE("text that is not JSON is said to be so") {
  auto list = complaints("{oops");
  CHECK(list[0]["type"] == "json_invalid");
  CHECK(list[0]["loc"] == json{"body"});
}

TEST_CASE("a rule of ours that is broken is named in our words") {
  auto list = complaints(R"({"content":"x","timeout_s":-1})");
  CHECK(list[0]["loc"] == json{"body", "timeout_s"});
  CHECK(list[0]["input"] == -1);
}

TEST_CASE("a query parameter is quoted as it was sent") {
  std::vector list{query_violation("limit", "a\"b", "int_parsing", "no")};
  CHECK(json::parse(to_json(list))
        == json{{{"type", "int_parsing"},
                 {"loc", {"query", "limit"}},
                 {"msg", "no"},
                 {"input", "a\"b"}}});
}
