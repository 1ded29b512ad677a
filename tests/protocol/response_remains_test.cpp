#include "protocol/codec.hpp"
#include "protocol/response_remains.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;

namespace {

std::string repeated(std::size_t count, const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i)
    out += text;
  return out;
}

/// A response with these members after type, message and agent.
std::string response_with(const std::string& members) {
  return R"({"type":"response","message_id":"m-1","agent_id":"a",)" + members
         + "}";
}

/// What is left of a frame that is not a valid message.
std::optional<response_remains> remains(const std::string& frame) {
  CAPTURE(frame.substr(0, 200));
  CHECK(decode(frame).has_error());
  return find_response_remains(frame);
}

} // namespace

TEST_CASE("a response that cannot be read still names its dispatch") {
  for (const auto& frame : {
           response_with(R"("content":null)"),
           response_with(R"("content":{"text":"x"})"),
           response_with(R"("content":["x"])"),
           response_with(R"("error":{"code":1})"),
           response_with(R"("error":false)"),
           response_with(R"("usage":7)"),
           response_with(R"("usage":{"x":")" + std::string(300'000, 'x')
                         + "\"}"),
           response_with("\"x\":" + repeated(65, "[") + repeated(65, "]")),
           response_with("\"x\":" + repeated(100'000, "{\"a\":[") + "1"
                         + repeated(100'000, "]}")),
           response_with(R"("content":"cut )"),
           response_with(R"("content":tru)"),
           response_with("\"content\":\"\x01\""),
           std::string{R"({"type":"response","agent_id":"a",)"
                       R"("x":[[]],"message_id":"m-1","content":1})"},
       }) {
    auto found = remains(frame);
    REQUIRE(found);
    CHECK(found->message.str() == "m-1");
    REQUIRE(found->agent);
    CHECK(found->agent->str() == "a");
  }
}

TEST_CASE("what an unreadable response cost is read where it is legible") {
  auto found =
      remains(response_with(R"("content":null,"usage":{"cost_usd":0.5})"));
  REQUIRE(found);
  CHECK(found->usage.str() == R"({"cost_usd":0.5})");
  CHECK(remains(response_with(R"("content":null,"usage":[])"))->usage.str()
        == "{}");
}

TEST_CASE("an unreadable response may leave out who sends it") {
  auto found = remains(R"({"type":"response","message_id":"m-1"})");
  REQUIRE(found);
  CHECK_FALSE(found->agent);
  CHECK_FALSE(remains(R"({"type":"response","message_id":"m-1",)"
                      R"("agent_id":["a"]})")
                  ->agent);
}

TEST_CASE("nothing is left of what is no response or names no dispatch") {
  for (const auto& frame : {
           std::string{},
           std::string{"null"},
           std::string{"[]"},
           std::string{"\"response\""},
           std::string{R"([{"type":"response","message_id":"m-1"}])"},
           std::string{R"({"type":"response","agent_id":"a"})"},
           std::string{R"({"type":"response","message_id":""})"},
           std::string{R"({"type":"response","message_id":7})"},
           std::string{R"({"type":"response","message_id":null})"},
           std::string{R"({"x":{"type":"response","message_id":"m-1"}})"},
           std::string{R"({"type":"progress","message_id":"m-1"})"},
           std::string{R"({"message_id":"m-1","x":tru,"type":"response"})"},
           R"({"type":"response","message_id":")" + std::string(257, 'm')
               + "\"}",
       })
    CHECK_FALSE(remains(frame));
}

TEST_CASE("of two members with one name the last counts in remains, too") {
  auto found = remains(R"({"type":"response","message_id":"m-1",)"
                       R"("message_id":"m-2","content":null})");
  REQUIRE(found);
  CHECK(found->message.str() == "m-2");
  CHECK_FALSE(remains(R"({"type":"response","message_id":"m-1",)"
                      R"("message_id":[],"content":null})"));
}
