#include "protocol/codec.hpp"
#include "protocol/control_codec.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;
using nlohmann::json;

namespace {

const std::array<std::string, 13> seeds{
    R"({"type":"register","agent_id":"agent-1","auth_token":"t","capabilities":)"
    R"(["a","b"],"workdir":"/srv","metadata":{"session_id":"s","n":[1,2.5]}})",
    R"({"type":"registered","session_id":"s","agent_id":"a","message":"m"})",
    R"({"type":"dispatch","message_id":"m","agent_id":"a","content":"do \u00e9",)"
    R"("context":{"k":{"x":[null,true,false]}},"session_id":null})",
    R"({"type":"progress","message_id":"m","agent_id":"a","status":"running",)"
    R"("progress_text":"50 %","metadata":{}})",
    R"({"type":"response","message_id":"m","agent_id":"a","content":"\ud83d\ude00",)"
    R"("usage":{"cost_usd":NaN,"tokens":-1.5e+10},"error":null})",
    R"({"type":"heartbeat","agent_id":"a","timestamp":"2026-01-31T12:00:00"})",
    R"({"type":"dispatch","id":"1","agent_id":"a","content":"c","context":{},)"
    R"("timeout_s":1.5,"quiet":true})",
    R"({"type":"subscribe","id":"2","agent_id":null})",
    R"({"type":"register","agent_id":"a","auth_token":"t","protocol":"1.1",)"
    R"("instance_id":"i","slots":2,"labels":{"k":"v"},"resume":[{"message_id":)"
    R"("m","state":"finished"}],"resume_more":false})",
    R"({"type":"registered","session_id":"s","agent_id":"a","protocol":"1.1",)"
    R"("incarnation":7,"heartbeat_interval_s":10,"heartbeat_timeout_s":30,)"
    R"("adopted":["m"],"cancelled":[]})",
    R"({"type":"dispatch","message_id":"m.2","agent_id":"a","content":"c",)"
    R"("dispatch_id":"m","attempt":2,"deadline_s":1.5,"followup_to":"l"})",
    R"({"type":"resume","agent_id":"a","resume":[{"message_id":"m","state":)"
    R"("waiting"}],"more":true})",
    R"({"type":"goaway","reason":"restart","reconnect_after_ms":1500})",
};

/// Pieces that a parser may stumble over.
const std::array<std::string, 20> pieces{
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\\u",
    "\\ud83d",
    "NaN",
    "-Infinity",
    "null",
    "1e999",
    "\xff",
    "\xE2\x82",
    "-",
    "\xEF\xBB\xBF",
    std::string(1, '\0'),
    "0.0e",
};

/// Spoils texts, the same way in every run.
class mutator {
public:
  std::string operator()(std::string text) {
    for (auto changes = pick(4); changes-- > 0;)
      change(text);
    return text;
  }

  std::size_t pick(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>{0, below - 1}(engine_);
  }

private:
  void change(std::string& text) {
    auto at = pick(text.size() + 1);
    auto length = std::min(pick(12), text.size() - at);
    switch (pick(6)) {
    case 0:
      text.erase(at, length);
      break;
    case 1:
      text.insert(at, pieces[pick(pieces.size())]);
      break;
    case 2:
      text.insert(at, text.substr(at, length));
      break;
    case 3:
      if (at < text.size())
        text[at] = static_cast<char>(pick(256));
      break;
    case 4:
      text.resize(at);
      break;
    default:
      text.insert(at, seeds[pick(seeds.size())].substr(0, length));
    }
  }

  std::mt19937_64 engine_{20'260'131};
};

constexpr auto rounds = 40'000;

} // namespace

TEST_CASE("no spoiled frame of a bridge does any harm") {
  mutator spoil;
  auto accepted = 0;
  for (auto i = 0; i < rounds; ++i) {
    auto frame = spoil(seeds[spoil.pick(seeds.size())]);
    CAPTURE(frame);
    auto message = decode(frame);
    if (!message) {
      auto code = message.error().code;
      REQUIRE((code == errc::invalid_json || code == errc::invalid_message));
      REQUIRE_FALSE(message.error().detail.empty());
      continue;
    }
    ++accepted;
    // What was accepted can be written, and reads as the same again.
    auto text = encode(*message);
    auto again = decode(text);
    REQUIRE(again.has_value());
    REQUIRE(json::parse(encode(*again)) == json::parse(text));
  }
  // Else the loop would not have tested much.
  CHECK(accepted > rounds / 20);
  CHECK(accepted < rounds);
}

TEST_CASE("no spoiled frame of a control client does any harm") {
  mutator spoil;
  auto accepted = 0;
  for (auto i = 0; i < rounds; ++i) {
    auto frame = spoil(seeds[spoil.pick(seeds.size())]);
    CAPTURE(frame);
    auto request = decode_control(frame);
    if (auto refusal = std::get_if<control_refusal>(&request))
      REQUIRE_FALSE(to_string(refusal->why).empty());
    else
      ++accepted;
    auto body = decode_dispatch_body(frame);
    if (!body)
      REQUIRE_FALSE(to_string(body.error()).empty());
  }
  CHECK(accepted > rounds / 50);
}

TEST_CASE("noise is no message") {
  std::mt19937_64 engine{7};
  std::uniform_int_distribution<int> byte{0, 255};
  for (auto i = 0; i < 5000; ++i) {
    std::string noise(static_cast<std::size_t>(i % 100), '\0');
    for (auto& c : noise)
      c = static_cast<char>(byte(engine));
    CAPTURE(noise);
    REQUIRE(decode(noise).has_error());
  }
}
