#include "protocol/close_reason.hpp"
#include "protocol/codec.hpp"
#include "support/decoded.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <string>
#include <utility>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;
using bridgekeeper::test::refusal_of;
using nlohmann::json;

namespace {

/// One frame of each type, with its required and its optional fields.
struct shape {
  json frame;
  std::vector<std::string> required;
  /// Optional fields by what the refusal says was expected there.
  std::vector<std::pair<std::string, std::string>> optional;
};

const std::array shapes{
    shape{{{"type", "register"}, {"agent_id", "a"}, {"auth_token", "t"}},
          {"agent_id", "auth_token"},
          {{"capabilities", "a list of strings"},
           {"workdir", "a string or null"},
           {"metadata", "an object"}}},
    shape{{{"type", "registered"}, {"session_id", "s"}, {"agent_id", "a"}},
          {"session_id", "agent_id"},
          {{"message", "a string"}}},
    shape{{{"type", "dispatch"},
           {"message_id", "m"},
           {"agent_id", "a"},
           {"content", "c"}},
          {"message_id", "agent_id", "content"},
          {{"context", "an object"}, {"session_id", "a string or null"}}},
    shape{{{"type", "progress"},
           {"message_id", "m"},
           {"agent_id", "a"},
           {"status", "s"}},
          {"message_id", "agent_id", "status"},
          {{"progress_text", "a string"}, {"metadata", "an object"}}},
    shape{{{"type", "response"}, {"message_id", "m"}, {"agent_id", "a"}},
          {"message_id", "agent_id"},
          {{"content", "a string"},
           {"usage", "an object"},
           {"error", "a string or null"}}},
    shape{{{"type", "heartbeat"}, {"agent_id", "a"}},
          {"agent_id"},
          {{"timestamp", "a string"}}},
};

/// A value of each kind, and how a refusal calls it.
const std::array<std::pair<json, std::string>, 6> kinds{{
    {nullptr, "null"},
    {true, "a boolean"},
    {1.5, "a number"},
    {"text", "a string"},
    {json::array(), "an array"},
    {json::object(), "an object"},
}};

void check_refusal(const json& frame, std::string_view field,
                   const std::string& complaint) {
  CAPTURE(frame.dump());
  auto why = refusal_of(frame.dump());
  CHECK(why.code == errc::invalid_message);
  CHECK(why.field == field);
  CHECK(why.detail
        == "Invalid message format: " + std::string{field} + ": " + complaint);
}

} // namespace

TEST_CASE("each required field is missed by name") {
  for (const auto& [frame, required, optional] : shapes)
    for (const auto& field : required) {
      auto without = frame;
      without.erase(field);
      check_refusal(without, field, "expected a non-empty string, got nothing");
      CHECK(refusal_of(without.dump()).kind == "missing");
    }
}

TEST_CASE("each required field is refused when it is empty") {
  for (const auto& [frame, required, optional] : shapes)
    for (const auto& field : required) {
      auto emptied = frame;
      emptied[field] = "";
      check_refusal(emptied, field, "expected a non-empty string");
      CHECK(refusal_of(emptied.dump()).kind == "string_too_short");
    }
}

TEST_CASE("each required field is refused when it is no string") {
  for (const auto& [frame, required, optional] : shapes)
    for (const auto& field : required)
      for (const auto& [value, name] : kinds) {
        if (value.is_string())
          continue;
        auto changed = frame;
        changed[field] = value;
        check_refusal(changed, field,
                      "expected a non-empty string, got " + name);
        CHECK(refusal_of(changed.dump()).kind == "string_type");
      }
}

TEST_CASE("each optional field is refused when it is of another kind") {
  for (const auto& [frame, required, optional] : shapes)
    for (const auto& [field, expected] : optional)
      for (const auto& [value, name] : kinds) {
        // "a list of strings" is an array.
        if (expected.find(name.substr(name.find(' ') + 1)) != std::string::npos
            && !(expected == "a list of strings" && value.is_string()))
          continue;
        if (expected == "a list of strings" && value.is_array())
          continue;
        auto changed = frame;
        changed[field] = value;
        check_refusal(changed, field, "expected " + expected + ", got " + name);
      }
}

TEST_CASE("a capability that is no string is refused") {
  for (auto list : {R"([1])", R"(["a",null])", R"([["a"]])", R"([{}])"}) {
    CAPTURE(list);
    auto why = refusal_of(
        R"({"type":"register","agent_id":"a","auth_token":"t","capabilities":)"
        + std::string{list} + "}");
    CHECK(why.detail
          == "Invalid message format: capabilities: expected a list of "
             "strings");
    CHECK(why.field == "capabilities");
  }
}

TEST_CASE("the first wrong field is the one that is named") {
  check_refusal({{"type", "progress"}, {"status", 1}}, "message_id",
                "expected a non-empty string, got nothing");
}

TEST_CASE("a frame without a type says so") {
  auto why = refusal_of(R"({"agent_id":"a"})");
  CHECK(why.code == errc::invalid_message);
  CHECK(why.field == "type");
  CHECK(why.detail
        == "Invalid message format: type: expected the name of a message, got "
           "nothing");
  CHECK(refusal_of(R"({"type":["register"]})").detail
        == "Invalid message format: type: expected the name of a message, got "
           "no string");
}

TEST_CASE("a type nobody knows is quoted and marked") {
  for (auto type : {"Register", "registe", "register ", "", "ping"}) {
    CAPTURE(type);
    auto why = refusal_of(json{{"type", type}, {"agent_id", "a"}}.dump());
    CHECK(why.code == errc::invalid_message);
    CHECK(why.kind == unknown_type_kind);
    CHECK(why.detail
          == "Invalid message format: type: expected the name of a message, "
             "got \""
                 + std::string{type} + "\"");
  }
}

TEST_CASE("a type is quoted without line breaks and cut to whole characters") {
  auto broken = refusal_of(R"({"type":"a\nb\u0000\"c"})");
  CHECK(broken.detail.ends_with(R"(got "a\nb\u0000\"c")"));
  // 31 bytes and a character of four: it would be cut in its middle.
  auto frame = json{{"type", std::string(31, 'x') + "\U0001F600 and more"}};
  auto reason =
      make_close_reason(errc::invalid_message, refusal_of(frame.dump()).detail);
  CHECK(json(reason.text).dump().find("xxx") != std::string::npos);
}

TEST_CASE("no refusal repeats the token") {
  for (
      auto frame :
      {R"({"type":"register","agent_id":"","auth_token":"s3cret"})",
       R"({"type":"register","auth_token":"s3cret"})",
       R"({"type":"register","agent_id":"a","auth_token":["s3cret"]})",
       R"({"type":"register","agent_id":"a","auth_token":"s3cret)",
       R"({"type":"register","agent_id":"a","auth_token":"s3cret","workdir":1})"}) {
    CAPTURE(frame);
    CHECK(refusal_of(frame).detail.find("s3cret") == std::string::npos);
  }
}

TEST_CASE("broken JSON is told from a broken message") {
  CHECK(refusal_of(R"({"type":"heartbeat")").code == errc::invalid_json);
  CHECK(refusal_of("[]").code == errc::invalid_message);
  CHECK(refusal_of("hello").code == errc::invalid_json);
}
