#include "domain/limits.hpp"
#include "protocol/codec.hpp"
#include "support/decoded.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <string>
#include <utility>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;
using namespace std::chrono_literals;
using bridgekeeper::test::decoded;
using bridgekeeper::test::refusal_of;
using nlohmann::json;

namespace {

const agent_id agent{"agent-1"};
const message_id message{"m-1"};

/// A `register` frame of 1.1 with one more member, or another value for one.
std::string register_with(const std::string& name, const json& value) {
  json frame{{"type", "register"},
             {"agent_id", "a"},
             {"auth_token", "t"},
             {"protocol", "1.1"},
             {"instance_id", "i-1"}};
  frame[name] = value;
  return frame.dump();
}

std::string registered_with(const std::string& name, const json& value) {
  json frame{{"type", "registered"},
             {"session_id", "s"},
             {"agent_id", "a"},
             {"protocol", "1.1"},
             {"incarnation", 7},
             {"heartbeat_interval_s", 10},
             {"heartbeat_timeout_s", 30.5},
             {"adopted", {"m-1"}},
             {"cancelled", {"m-2"}}};
  frame[name] = value;
  return frame.dump();
}

std::string dispatch_with(const std::string& name, const json& value) {
  json frame{{"type", "dispatch"}, {"message_id", "m-1.2"},
             {"agent_id", "a"},    {"content", "c"},
             {"attempt", 2},       {"dispatch_id", "m-1"}};
  frame[name] = value;
  return frame.dump();
}

json entries(std::size_t count) {
  auto out = json::array();
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(
        {{"message_id", "m-" + std::to_string(i)}, {"state", "running"}});
  return out;
}

json labels(std::size_t count) {
  auto out = json::object();
  for (std::size_t i = 0; i < count; ++i)
    out["key-" + std::to_string(i)] = std::string(max_label_value_length, '"');
  return out;
}

/// Members that are invalid on a 1.1 link.
const std::array<std::pair<std::string, json>, 29> invalid{{
    {"slots", 0},
    {"slots", 1001},
    {"slots", 1.5},
    {"slots", "4"},
    {"slots", nullptr},
    {"labels", json::array()},
    {"labels", {{"", "x"}}},
    {"labels", {{"a b", "x"}}},
    {"labels", {{std::string(64, 'k'), "x"}}},
    {"labels", {{"k", 1}}},
    {"labels", {{"k", std::string(129, 'v')}}},
    {"labels", labels(33)},
    {"heartbeat_interval_s", 0},
    {"heartbeat_interval_s", -1},
    {"heartbeat_interval_s", 86401},
    {"heartbeat_interval_s", "10"},
    {"resume", json::object()},
    {"resume", "m-1"},
    {"resume", {"m-1"}},
    {"resume", {{{"message_id", "m"}}}},
    {"resume", {{{"state", "running"}}}},
    {"resume", {{{"message_id", "m"}, {"state", "lost"}}}},
    {"resume", {{{"message_id", "m"}, {"state", 1}}}},
    {"resume", {{{"message_id", ""}, {"state", "running"}}}},
    {"resume", {{{"message_id", std::string(257, 'm')}, {"state", "running"}}}},
    {"resume", entries(257)},
    {"resume_more", 1},
    {"resume_more", "true"},
    {"resume_more", nullptr},
}};

} // namespace

// -- register -----------------------------------------------------------------

TEST_CASE("a 1.1 registration of required members alone gets the defaults") {
  auto x = decoded<registration>(register_with("x", nullptr));
  REQUIRE(x.terms);
  CHECK(x.terms->instance == instance_id{"i-1"});
  CHECK(x.terms->slots == 1);
  CHECK(x.terms->labels.empty());
  CHECK_FALSE(x.terms->heartbeat_interval);
  CHECK(x.terms->resume.empty());
  CHECK_FALSE(x.terms->resume_more);
}

TEST_CASE("a registration that names no 1.1, or no instance, is 1.0") {
  for (const auto& [name, value] :
       {std::pair<std::string, json>{"protocol", "1.0"},
        {"protocol", "2.1"},
        {"protocol", nullptr},
        {"protocol", 1.1},
        {"protocol", ""},
        {"instance_id", ""},
        {"instance_id", nullptr},
        {"instance_id", 5},
        {"instance_id", "a b"},
        {"instance_id", std::string(65, 'i')}}) {
    CAPTURE(name);
    CAPTURE(value.dump());
    auto frame = json::parse(register_with(name, value));
    CHECK_FALSE(decoded<registration>(frame.dump()).terms);
    // Members of 1.1 are ignored on such a link, whatever they are.
    for (const auto& [member, wrong] : invalid) {
      auto other = frame;
      other[member] = wrong;
      CHECK_FALSE(decoded<registration>(other.dump()).terms);
    }
  }
}

TEST_CASE("a later minor version is 1.1") {
  CHECK(decoded<registration>(register_with("protocol", "1.12")).terms);
}

TEST_CASE("an invalid member makes a 1.1 registration invalid and is named") {
  for (const auto& [name, value] : invalid) {
    CAPTURE(name);
    CAPTURE(value.dump());
    auto why = refusal_of(register_with(name, value));
    CHECK(why.code == errc::invalid_message);
    CHECK(why.field == name);
    CHECK(why.detail.starts_with("Invalid message format: " + name
                                 + ": expected "));
  }
}

TEST_CASE("a 1.1 registration may be as large as its bounds allow") {
  CHECK(decoded<registration>(register_with("resume", entries(256)))
            .terms->resume.size()
        == max_resume_entries);
  CHECK(decoded<registration>(register_with("labels", labels(32)))
            .terms->labels.size()
        == max_agent_labels);
  CHECK(decoded<registration>(register_with("slots", 1000)).terms->slots
        == max_slots);
}

TEST_CASE("a 1.1 registration survives the round trip") {
  registration x{agent, "t", {}, {}, {}, registration_terms{}};
  x.terms->instance = instance_id{"i-9"};
  x.terms->slots = 4;
  x.terms->labels = {{"gpu", "a100"}, {"zone", "caf\u00e9 \""}};
  x.terms->heartbeat_interval = 1500ms;
  x.terms->resume = {{message, resume_state::waiting},
                     {message_id{"m-2.3"}, resume_state::finished}};
  x.terms->resume_more = true;
  auto text = encode(x);
  auto y = decoded<registration>(text);
  REQUIRE(y.terms);
  CHECK(y.terms->instance == x.terms->instance);
  CHECK(y.terms->slots == x.terms->slots);
  CHECK(y.terms->labels == x.terms->labels);
  CHECK(y.terms->heartbeat_interval == x.terms->heartbeat_interval);
  CHECK(y.terms->resume == x.terms->resume);
  CHECK(y.terms->resume_more);
  // What a 1.0 daemon reads comes first and is as it was.
  auto old_text = encode(registration{agent, "t", {}, {}, {}});
  CHECK(text.starts_with(old_text.substr(0, old_text.size() - 1)));
}

// -- registered ---------------------------------------------------------------

TEST_CASE("a registered frame without a protocol is from a 1.0 daemon") {
  auto x = decoded<registered>(
      R"({"type":"registered","session_id":"s","agent_id":"a",)"
      R"("incarnation":"x","adopted":7})");
  CHECK_FALSE(x.terms);
}

TEST_CASE("the terms of a 1.1 daemon are read") {
  auto x = decoded<registered>(registered_with("x", 1));
  REQUIRE(x.terms);
  CHECK(x.terms->incarnation == incarnation{7});
  CHECK(x.terms->heartbeat_interval == 10s);
  CHECK(x.terms->heartbeat_timeout == 30'500ms);
  CHECK(x.terms->adopted == std::vector{message_id{"m-1"}});
  CHECK(x.terms->cancelled == std::vector{message_id{"m-2"}});
}

TEST_CASE("invalid terms of a 1.1 daemon are refused") {
  for (const auto& [name, value] :
       {std::pair<std::string, json>{"incarnation", "7"},
        {"incarnation", -1},
        {"incarnation", 1.5},
        {"incarnation", 1e300},
        {"heartbeat_interval_s", nullptr},
        {"heartbeat_interval_s", 0},
        {"heartbeat_timeout_s", "30"},
        {"adopted", 1},
        {"cancelled", {1}}}) {
    CAPTURE(name);
    CAPTURE(value.dump());
    CHECK(refusal_of(registered_with(name, value)).field == name);
  }
}

TEST_CASE("a 1.1 registered frame survives the round trip") {
  registered x{session_id{"s"}, agent};
  x.terms = registered_terms{
      incarnation{123'456}, 250ms, 90s, {message}, {message_id{"m-2"}}};
  auto y = decoded<registered>(encode(x));
  REQUIRE(y.terms);
  CHECK(y.terms->incarnation == x.terms->incarnation);
  CHECK(y.terms->heartbeat_interval == x.terms->heartbeat_interval);
  CHECK(y.terms->heartbeat_timeout == x.terms->heartbeat_timeout);
  CHECK(y.terms->adopted == x.terms->adopted);
  CHECK(y.terms->cancelled == x.terms->cancelled);
}

// -- dispatch -----------------------------------------------------------------

TEST_CASE("a dispatch without a dispatch id has no terms") {
  CHECK_FALSE(decoded<dispatch>(dispatch_with("dispatch_id", nullptr)).terms);
  CHECK_FALSE(decoded<dispatch>(dispatch_with("dispatch_id", "")).terms);
}

TEST_CASE("a dispatch is not lost because of an optional member") {
  for (const auto& [name, value] :
       {std::pair<std::string, json>{"attempt", "two"},
        {"attempt", 0},
        {"attempt", 1e300},
        {"deadline_s", "soon"},
        {"deadline_s", 1e300},
        {"followup_to", 5},
        {"followup_to", nullptr},
        {"followup_to", std::string(257, 'f')},
        {"agent_session_id", 5},
        {"agent_session_id", std::string(257, 's')}}) {
    CAPTURE(name);
    CAPTURE(value.dump());
    auto x = decoded<dispatch>(dispatch_with(name, value));
    REQUIRE(x.terms);
    CHECK(x.terms->dispatch == message);
    CHECK(x.terms->attempt == (name == "attempt" ? 1 : 2));
    CHECK_FALSE(x.terms->deadline);
    CHECK_FALSE(x.terms->followup_to);
    CHECK(x.terms->agent_session_id.empty());
  }
}

TEST_CASE("a deadline that has passed is still a deadline") {
  for (const json& value : {json(0), json(-5)})
    CHECK(decoded<dispatch>(dispatch_with("deadline_s", value)).terms->deadline
          == 0ms);
}

TEST_CASE("a 1.1 dispatch survives the round trip") {
  dispatch x{message_id{"m-1.3"}, agent, "c", {}, {}};
  x.terms = dispatch_terms{message, 3, 1250ms, message_id{"m-0"}};
  auto plain = encode(x);
  CHECK(plain.find("agent_session_id") == std::string::npos);
  x.terms->agent_session_id = std::string(max_label_length, 's');
  auto y = decoded<dispatch>(encode(x));
  REQUIRE(y.terms);
  CHECK(y.terms->dispatch == x.terms->dispatch);
  CHECK(y.terms->attempt == 3);
  CHECK(y.terms->deadline == x.terms->deadline);
  CHECK(y.terms->followup_to == x.terms->followup_to);
  CHECK(y.terms->agent_session_id == x.terms->agent_session_id);
}
