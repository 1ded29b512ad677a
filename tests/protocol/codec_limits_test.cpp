#include "domain/limits.hpp"
#include "protocol/codec.hpp"
#include "support/decoded.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;
using bridgekeeper::test::decoded;
using bridgekeeper::test::refusal_of;

namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  while (times-- > 0)
    out += text;
  return out;
}

/// A heartbeat with `extra` beside what it needs.
std::string beat_with(const std::string& extra) {
  return R"({"type":"heartbeat","agent_id":"a","timestamp":"t",)" + extra + "}";
}

std::string response_with(const std::string& extra) {
  return R"({"type":"response","message_id":"m","agent_id":"a",)" + extra + "}";
}

std::string register_with(const std::string& extra) {
  return R"({"type":"register","agent_id":"a","auth_token":"t",)" + extra + "}";
}

/// A frame with objects or lists inside one another, itself included.
std::string nested(std::size_t levels, bool lists) {
  auto open = lists ? "[" : R"({"x":)";
  return beat_with(R"("x":)" + repeated(open, levels - 1) + "1"
                   + repeated(lists ? "]" : "}", levels - 1));
}

} // namespace

TEST_CASE("a frame may nest 64 levels deep but no deeper") {
  for (auto lists : {true, false}) {
    CAPTURE(lists);
    CHECK(decoded<heartbeat>(nested(64, lists)).timestamp == "t");
    auto why = refusal_of(nested(65, lists));
    CHECK(why.code == errc::invalid_json);
    CHECK(why.detail == "Invalid JSON: nested deeper than 64 levels");
  }
}

TEST_CASE("levels beside each other do not add up") {
  auto lists = repeated("[[[[]]]],", 1000) + "[]";
  CHECK(decoded<heartbeat>(beat_with(R"("x":[)" + lists + "]")).timestamp
        == "t");
}

TEST_CASE("the depth limit counts in fields that are kept too") {
  auto usage = [](std::size_t levels) {
    return response_with(R"("usage":)" + repeated(R"({"x":)", levels - 1) + "1"
                         + repeated("}", levels - 1));
  };
  CHECK_FALSE(decoded<response>(usage(64)).usage.str().empty());
  CHECK(refusal_of(usage(65)).code == errc::invalid_json);
}

TEST_CASE("a frame of brackets alone is refused at once") {
  using namespace std::chrono;
  auto start = steady_clock::now();
  CHECK(refusal_of(nested(100'000, true)).code == errc::invalid_json);
  CHECK(refusal_of(repeated("[", 100'000)).code == errc::invalid_message);
  CHECK(refusal_of(repeated(R"({"x":)", 1'000'000)).code == errc::invalid_json);
  CHECK(refusal_of(R"({"x":)" + repeated("[", 8 * mebibyte)).code
        == errc::invalid_json);
  // It takes milliseconds; this much is for a sanitizer on a busy machine.
  CHECK(steady_clock::now() - start < 10s);
}

TEST_CASE("names and labels may have 256 bytes but no more") {
  auto label = std::string(max_label_length, 'x');
  auto beat = [](const std::string& agent, const std::string& at) {
    return R"({"type":"heartbeat","agent_id":")" + agent + R"(","timestamp":")"
           + at + "\"}";
  };
  CHECK(decoded<heartbeat>(beat(label, label)).timestamp == label);
  CHECK(refusal_of(beat(label + "x", "t")).detail
        == "Invalid message format: agent_id: expected at most 256 bytes");
  auto why = refusal_of(beat("a", label + "x"));
  CHECK(why.field == "timestamp");
  CHECK(why.kind == "too_long");
}

TEST_CASE("a token may have 4096 bytes but no more") {
  auto frame = [](std::size_t size) {
    return R"({"type":"register","agent_id":"a","auth_token":")"
           + std::string(size, 'x') + "\"}";
  };
  CHECK(decoded<registration>(frame(4096)).auth_token.size() == 4096);
  auto why = refusal_of(frame(4097));
  CHECK(why.detail
        == "Invalid message format: auth_token: expected at most 4096 bytes");
}

TEST_CASE("a workdir may have 4096 bytes but no more") {
  auto frame = [](std::size_t size) {
    return register_with(R"("workdir":")" + std::string(size, '/') + "\"");
  };
  CHECK(decoded<registration>(frame(4096)).workdir->size() == 4096);
  CHECK(refusal_of(frame(4097)).field == "workdir");
}

TEST_CASE("a bridge may announce 256 capabilities of 256 bytes but no more") {
  auto list = [](std::size_t count, const std::string& item) {
    return register_with(R"("capabilities":[)"
                         + repeated("\"" + item + "\",", count - 1) + "\""
                         + item + "\"]");
  };
  // As long as they get: each byte is an escape of six.
  auto longest = repeated(R"(\u0001)", max_label_length);
  CHECK(decoded<registration>(list(256, longest)).capabilities.size() == 256);
  CHECK(refusal_of(list(257, "x")).detail
        == "Invalid message format: capabilities: expected at most 256 items");
  CHECK(refusal_of(list(1, std::string(257, 'x'))).detail
        == "Invalid message format: capabilities: expected at most 256 bytes "
           "per item");
}

TEST_CASE("millions of capabilities are refused before they are unpacked") {
  auto why = refusal_of(
      register_with(R"("capabilities":[)" + repeated("0,", 4'000'000) + "0]"));
  CHECK(why.field == "capabilities");
  CHECK(why.kind == "too_long");
}

TEST_CASE("an object may have 256 KiB of text but no more") {
  auto frame = [](const std::string& field, std::size_t size) {
    auto filler = size - std::string_view{R"({"x":""})"}.size();
    // The space does not count: it is not kept.
    return "\"" + field + R"(":{"x": ")" + std::string(filler, 'x') + R"("})";
  };
  auto full =
      decoded<response>(response_with(frame("usage", max_object_length)));
  CHECK(full.usage.str().size() == max_object_length);
  auto why = refusal_of(response_with(frame("usage", max_object_length + 1)));
  CHECK(why.detail
        == "Invalid message format: usage: expected at most 262144 bytes of "
           "JSON");
  CHECK(
      refusal_of(register_with(frame("metadata", max_object_length + 1))).field
      == "metadata");
}

TEST_CASE("a result may fill its whole frame") {
  std::string text(15 * mebibyte, 'x');
  auto x = decoded<response>(response_with(R"("content":")" + text + "\""));
  CHECK(x.content == text);
}

TEST_CASE("a huge frame of nothing we want leaves nothing behind") {
  auto x = decoded<heartbeat>(
      beat_with(R"("x":[)" + repeated("0,", 4'000'000) + "0]"));
  CHECK(x.timestamp == "t");
}
