#include "actors/frames.hpp"
#include "api/answer_parts.hpp"
#include "api/control_answers.hpp"
#include "api/event_stream_text.hpp"
#include "domain/events.hpp"
#include "protocol/event_json.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace bridgekeeper;
using namespace bridgekeeper::api;
using namespace bridgekeeper::test;

namespace {

std::string header(const bridgekeeper::net::http_response& x,
                   std::string_view name) {
  for (const auto& [key, value] : x.headers)
    if (key == name)
      return value;
  return "";
}

} // namespace

// Contract section 2.

TEST_CASE("an error is a detail with the reason's status") {
  auto aut = error_answer({errc::unknown_agent, {}});
  CHECK(aut.status == 404);
  CHECK(parsed(aut.body)
        == json{{"detail", "Agent not found"},
                {"code", "unknown_agent"},
                {"retryable", false},
                {"retry_after_s", nullptr}});
  CHECK(error_answer({errc::agent_not_connected, {}}).status == 409);
  CHECK(error_answer({errc::internal, {}}).status == 500);
}

TEST_CASE("an error's own words come before the reason's") {
  auto aut = error_answer({errc::content_too_long, "content is \"long\""});
  CHECK(aut.status == 400);
  CHECK(parsed(aut.body)["detail"] == "content is \"long\"");
}

TEST_CASE("every error has a code for programs, and says whether to retry") {
  for (const auto& reason : all_reasons()) {
    CAPTURE(reason.token);
    auto aut = error_answer({reason.code, {}});
    auto body = parsed(aut.body);
    CHECK(aut.status == reason.http_status);
    CHECK(body["detail"] == reason.sentence);
    CHECK(body["code"] == reason.token);
    CHECK(body["retryable"] == reason.retry_helps);
    auto delay = header(aut, "retry-after");
    CHECK(body["retry_after_s"].dump() == (delay.empty() ? "null" : delay));
  }
}

TEST_CASE("what to do about an error is not part of its detail") {
  auto body = parsed(error_answer({errc::cost_limit, "Too much\nWait"}).body);
  CHECK(body["detail"] == "Too much");
  CHECK(body["hint"] == "Wait");
}

TEST_CASE("401 names the scheme, 503 says when to come again") {
  CHECK(header(error_answer({errc::missing_token, {}}), "www-authenticate")
        == "Bearer");
  CHECK(header(error_answer({errc::draining, {}}), "retry-after") == "1");
  CHECK(error_answer({errc::unknown_agent, {}}).headers.empty());
}

TEST_CASE("a bad body is answered with a list of what is wrong") {
  auto aut = violations_answer(std::vector{bridgekeeper::protocol::violation{
      "string_type", R"(["body","content"])", "Input should be a valid string",
      "7"}});
  CHECK(aut.status == 422);
  CHECK(parsed(aut.body)
        == json{{"detail",
                 {{{"type", "string_type"},
                   {"loc", {"body", "content"}},
                   {"msg", "Input should be a valid string"},
                   {"input", 7}}}},
                {"code", "invalid_message"},
                {"retryable", false},
                {"retry_after_s", nullptr}});
}

// Contract section 4.

TEST_CASE("an event stream announces itself as one that nobody may buffer") {
  auto aut = event_stream_answer();
  CHECK(aut.status == 200);
  CHECK(aut.content_type == "text/event-stream; charset=utf-8");
  CHECK(header(aut, "x-accel-buffering") == "no");
  CHECK(aut.body.empty());
}

TEST_CASE("an event is three lines and a blank one") {
  auto event = make_event(7, "alpha", responded("m-1", "two\nlines"));
  auto text = whole_text(event_stream_text(
      "agent_event", "boot", event->sequence, protocol::text_of(*event)));
  auto data = std::string{"\ndata: "};
  CHECK(text.starts_with("id: boot-7\nevent: agent_event\ndata: {"));
  CHECK(text.ends_with("}\n\n"));
  // Line breaks of the content are escaped, or they would end the event.
  CHECK(std::count(text.begin(), text.end(), '\n') == 4);
  auto body = parsed(text.substr(text.find(data) + data.size()));
  CHECK(body["event_type"] == "agent_response");
  CHECK(body["metadata"]["content"] == "two\nlines");
}

TEST_CASE("a gap is an event of its own name") {
  CHECK(event_gap_text() == "event: gap\ndata: {}\n\n");
}
