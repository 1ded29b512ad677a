#include "app/client/event_line.hpp"
#include "domain/event.hpp"
#include "protocol/event_json.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using app::event_line;

namespace {

template <class Body>
std::string line(Body body) {
  event x;
  x.at = timestamp{} + std::chrono::milliseconds{45'296'789};
  x.agent = agent_id{"shop-1"};
  x.body = std::move(body);
  return event_line(protocol::encode(x));
}

} // namespace

TEST_CASE("an event is a line with its time, its agent and what happened") {
  CHECK(line(agent_connected{}) == "12:34:56.789  shop-1  agent_connected");
  CHECK(line(task_dispatched{message_id{"m-1"}, {}})
        == "12:34:56.789  shop-1  task_dispatched  m-1");
}

TEST_CASE("progress and results show their first line") {
  progress report{message_id{"m-1"}, {}, "running", "half", {}};
  CHECK(line(agent_progress{std::make_shared<progress>(report)})
        == "12:34:56.789  shop-1  agent_progress  m-1  half");
  report.text.clear();
  CHECK(line(agent_progress{std::make_shared<progress>(report)})
        == "12:34:56.789  shop-1  agent_progress  m-1  running");
  response result{message_id{"m-1"}, {}, "one\ntwo", {}, {}};
  CHECK(line(agent_response{std::make_shared<response>(result)})
        == "12:34:56.789  shop-1  agent_response  m-1  one \xE2\x80\xA6");
}

TEST_CASE("an event cannot write on the operator's terminal") {
  progress report{message_id{"m\x1B"}, {}, "running", "\x1B[2J", {}};
  auto text = line(agent_progress{std::make_shared<progress>(report)});
  CHECK(text.find('\x1B') == std::string::npos);
  CHECK(text.find('\n') == std::string::npos);
}

TEST_CASE("what is no event is still a line") {
  for (auto text : {"", "7", "{}", R"({"metadata":7})"}) {
    CAPTURE(text);
    CHECK(event_line(text).find('\n') == std::string::npos);
  }
}

TEST_CASE(
    "an event about a deep result is shown, a bottomless one is survived") {
  auto with_usage = [](std::size_t depth) {
    return R"({"event_type":"agent_response","metadata":{"agent_id":"shop-1",)"
           R"("content":"x","usage":{"a":)"
           + std::string(depth, '[') + std::string(depth, ']') + "}}}";
  };
  CHECK(event_line(with_usage(62)).find("shop-1") != std::string::npos);
  CHECK(event_line(with_usage(100'000)).find('[') == std::string::npos);
}

TEST_CASE("a gap says how many events were left out") {
  CHECK(event_line(R"({"event_type":"gap","message":"7 events left out"})")
        == "  -  gap  7 events left out");
}
