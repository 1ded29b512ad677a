#include "domain/limits.hpp"
#include "domain/utf8.hpp"
#include "protocol/codec.hpp"
#include "protocol/control_codec.hpp"
#include "protocol/event_json.hpp"
#include "protocol/record_json.hpp"
#include "protocol/response_details.hpp"
#include "support/decoded.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;
using namespace std::chrono_literals;
using bridgekeeper::test::decoded;
using nlohmann::json;

namespace {

const agent_id agent{"agent-1"};
const message_id message{"m-1"};

json frame_with(const json& more) {
  json frame{{"type", "response"},
             {"message_id", "m-1"},
             {"agent_id", "agent-1"},
             {"content", "half"},
             {"error", "boom"}};
  frame.update(more);
  return frame;
}

response with(const json& more) {
  auto x = decoded<response>(frame_with(more).dump());
  // Whatever the other members are, the answer is there.
  CHECK(x.content == "half");
  CHECK(x.message == message);
  return x;
}

response_details all() {
  response_details out;
  out.agent_session_id = "s-1 \"caf\u00e9\"";
  out.failure = failure_class::rate_limited;
  out.retry_at = std::chrono::sys_days{2026y / 1 / 31} + 12h;
  out.error_detail = "Error: \x1b[31mno\n";
  out.metadata = json_object{R"({"model":"m","turns":[1,{"x":null}]})"};
  return out;
}

response failed(std::shared_ptr<const response_details> details) {
  return {message, agent, "half", {}, "boom", std::move(details)};
}

response failed_with_all() {
  return failed(std::make_shared<const response_details>(all()));
}

/// `text` must be that of `plain` with the members of `all()` at its end,
/// except for the braces that close it.
void check_added(const std::string& text, const std::string& plain,
                 std::size_t braces = 1) {
  auto head = plain.substr(0, plain.size() - braces);
  CHECK(text
        == head + more_members(std::make_shared<const response_details>(all()))
               + plain.substr(plain.size() - braces));
}

} // namespace

TEST_CASE("a response without details is as it always was") {
  CHECK_FALSE(with(json::object()).details);
  CHECK(encode(failed(nullptr))
        == R"({"type":"response","message_id":"m-1","agent_id":"agent-1",)"
           R"("content":"half","usage":{},"error":"boom"})");
  CHECK(encode(failed(std::make_shared<const response_details>()))
        == encode(failed(nullptr)));
  CHECK(more_members(nullptr).empty());
  CHECK(encode_details(nullptr).empty());
  CHECK_FALSE(decode_details(""));
}

TEST_CASE("the details of a response survive the round trip") {
  auto text = encode(failed_with_all());
  check_added(text, encode(failed(nullptr)));
  auto x = decoded<response>(text);
  REQUIRE(x.details);
  CHECK(*x.details == all());
  auto kept = decode_details(encode_details(x.details));
  REQUIRE(kept);
  CHECK(*kept == all());
}

TEST_CASE("details that cannot be used are dropped, and the answer stays") {
  std::string long_text(max_object_length, 'x');
  for (const auto& [name, value] :
       std::initializer_list<std::pair<std::string, json>>{
           {"agent_session_id", 7},
           {"agent_session_id", nullptr},
           {"agent_session_id", ""},
           {"agent_session_id", std::string(257, 's')},
           {"failure", "on_strike"},
           {"failure", ""},
           {"failure", 3},
           {"failure", json::array({"idle"})},
           {"retry_at", "tomorrow"},
           {"retry_at", "2026-13-01"},
           {"retry_at", "2026-01-31"},
           {"retry_at", "2026-01-31T12:00:00"},
           {"retry_at", "1970-01-01T00:59:59+01:00"},
           {"retry_at", "9999-12-31T23:00:00-01:00"},
           {"retry_at", 1'800'000'000},
           {"error_detail", json::object()},
           {"error_detail", false},
           {"metadata", nullptr},
           {"metadata", "x"},
           {"metadata", json::array()},
           {"metadata", {{"x", long_text}}},
       }) {
    CAPTURE(name);
    CAPTURE(value.dump().substr(0, 100));
    CHECK_FALSE(with({{name, value}}).details);
    // Neither does it take the others along.
    auto other = name == "failure" ? "error_detail" : "failure";
    auto x = with({{name, value}, {other, "idle"}});
    REQUIRE(x.details);
    CHECK((x.details->failure == failure_class::idle
           || x.details->error_detail == "idle"));
  }
}

TEST_CASE("an agent's session id may have as many bytes as a label") {
  std::string id(max_label_length, 's');
  CHECK(with({{"agent_session_id", id}}).details->agent_session_id == id);
}

TEST_CASE("of a long error detail the end is kept, from a whole character") {
  // The limit is within a character.
  auto text =
      "x" + std::string(max_error_detail_length - 3, 'a') + "\u20ac\u20ac";
  auto x = with({{"error_detail", text}});
  REQUIRE(x.details);
  const auto& kept = x.details->error_detail;
  CHECK(text.ends_with(kept));
  CHECK(kept.size() <= max_error_detail_length);
  CHECK(kept.size() > max_error_detail_length - 4);
  CHECK_FALSE(is_utf8_continuation(kept.front()));
  std::string euros;
  for (auto i = 0; i < 2'000; ++i)
    euros += "\u20ac";
  auto cut = with({{"error_detail", euros}}).details->error_detail;
  CHECK(cut.size() == max_error_detail_length / 3 * 3);
  CHECK_FALSE(is_utf8_continuation(cut.front()));
}

TEST_CASE("a time to try again may be written in several ways") {
  for (const auto* text :
       {"2026-01-31T12:00:00Z", "2026-01-31T13:00:00.000+01:00"})
    CHECK(with({{"retry_at", text}}).details->retry_at
          == std::chrono::sys_days{2026y / 1 / 31} + 12h);
}

TEST_CASE("the first and the last time to try again can be written") {
  for (const auto& [text, written] :
       {std::pair{"1970-01-01T01:00:00+01:00",
                  "1970-01-01T00:00:00.000000+00:00"},
        std::pair{"9999-12-31T22:59:59.999999-01:00",
                  "9999-12-31T23:59:59.999999+00:00"}}) {
    auto x = with({{"retry_at", text}});
    REQUIRE(x.details);
    CHECK(json::parse(encode_details(x.details))["retry_at"] == written);
  }
}

TEST_CASE("a response without an error names no failure") {
  for (const json& error : {json(nullptr), json("")}) {
    auto x = with({{"error", error},
                   {"failure", "idle"},
                   {"retry_at", "2026-01-31T12:00:00Z"},
                   {"agent_session_id", "s-1"}});
    REQUIRE(x.details);
    CHECK_FALSE(x.details->failure);
    CHECK_FALSE(x.details->retry_at);
    CHECK(x.details->agent_session_id == "s-1");
  }
}

TEST_CASE("details that are nested too deeply do not lose the answer") {
  for (auto depth : {64, 100'000}) {
    CAPTURE(depth);
    std::string deep;
    for (auto i = 0; i < depth; ++i)
      deep += "{\"x\":";
    deep += "1" + std::string(static_cast<std::size_t>(depth), '}');
    auto text = frame_with({{"usage", {{"cost_usd", 0.5}}}}).dump();
    text.back() = ',';
    auto frame = text + "\"metadata\":" + deep + "}";
    CHECK(decode(frame).has_error());
    auto core = decode_core_response(frame);
    REQUIRE(core);
    CHECK(core->message == message);
    CHECK(core->content == "half");
    CHECK(core->error == "boom");
    CHECK(core->usage.str() == R"({"cost_usd":0.5})");
    CHECK_FALSE(core->details);
    // What is kept itself must not be deep.
    CHECK_FALSE(decode_core_response(
        R"({"type":"response","message_id":"m-1","agent_id":"a","usage":)"
        + deep + "}"));
    CHECK_FALSE(decode_core_response(
        R"({"type":"progress","message_id":"m-1","agent_id":"a",)"
        R"("status":"s","metadata":)"
        + deep + "}"));
  }
  for (const auto* frame :
       {"", "[]", "{", R"({"type":7,"message_id":"m-1","agent_id":"a"})",
        R"({"type":"response","message_id":"m-1","agent_id":"a","content":1})",
        R"({"type":"response","message_id":"","agent_id":"a"})",
        R"({"type":"response","message_id":"m-1"})"}) {
    CAPTURE(frame);
    CHECK_FALSE(decode_core_response(frame));
  }
}

TEST_CASE("details follow a record, an event and an answer on /ws/control") {
  auto plain = std::make_shared<const response>(failed(nullptr));
  auto full = std::make_shared<const response>(failed_with_all());
  dispatch_record record;
  record.message = message;
  record.agent = agent;
  record.status = dispatch_status::error;
  record.why = failure{errc::task_failed, "boom"};
  record.result = plain;
  auto before = encode(record, R"(,"x":1)");
  record.result = full;
  check_added(encode(record, R"(,"x":1)"), before);
  check_added(encode_response("1", *full, 1s),
              encode_response("1", *plain, 1s));
  event x;
  x.agent = agent;
  x.session = share(session_id{"s"});
  auto with_body = [&x](event::body_type body) {
    x.body = std::move(body);
    return encode(x);
  };
  check_added(with_body(agent_response{full}), with_body(agent_response{plain}),
              2);
  check_added(with_body(late_result{full}), with_body(late_result{plain}), 2);
  auto why = cause{errc::task_failed, "boom"};
  check_added(with_body(agent_error{message, why, full}),
              with_body(agent_error{message, why, plain}), 2);
  CHECK(with_body(agent_error{message, why, nullptr})
        == with_body(agent_error{message, why, plain}));
}
