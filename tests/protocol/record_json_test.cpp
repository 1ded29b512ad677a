#include "domain/dispatch_record.hpp"
#include "protocol/record_json.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;
using namespace std::chrono_literals;

namespace {

dispatch_record fresh() {
  dispatch_record x;
  x.message = message_id{"m-1"};
  x.agent = agent_id{"agent-1"};
  x.dispatched_at = std::chrono::sys_days{2026y / 1 / 31} + 12h;
  return x;
}

} // namespace

TEST_CASE("the statuses of a dispatch have the contract's names") {
  CHECK(to_string(dispatch_status::dispatched) == "dispatched");
  CHECK(to_string(dispatch_status::running) == "running");
  CHECK(to_string(dispatch_status::completed) == "completed");
  CHECK(to_string(dispatch_status::error) == "error");
}

TEST_CASE("only a completed or failed dispatch is finished") {
  CHECK_FALSE(is_finished(dispatch_status::dispatched));
  CHECK_FALSE(is_finished(dispatch_status::running));
  CHECK(is_finished(dispatch_status::completed));
  CHECK(is_finished(dispatch_status::error));
}

TEST_CASE("an unfinished dispatch has no result and no end") {
  CHECK(encode(fresh())
        == R"({"message_id":"m-1","agent_id":"agent-1",)"
           R"("status":"dispatched","content":null,"usage":{},"error":null,)"
           R"("timings":{"dispatched_at":"2026-01-31T12:00:00.000000+00:00",)"
           R"("finished_at":null,"duration_s":null}})");
}

TEST_CASE("a completed dispatch shows its result and how long it took") {
  auto x = fresh();
  x.status = dispatch_status::completed;
  x.finished_at = x.dispatched_at + 1500ms;
  x.result = std::make_shared<const response>(
      response{x.message, x.agent, "line\n2", json_object{R"({"t":1})"}, {}});
  CHECK(encode(x)
        == R"({"message_id":"m-1","agent_id":"agent-1",)"
           R"("status":"completed","content":"line\n2","usage":{"t":1},)"
           R"("error":null,)"
           R"("timings":{"dispatched_at":"2026-01-31T12:00:00.000000+00:00",)"
           R"("finished_at":"2026-01-31T12:00:01.500000+00:00",)"
           R"("duration_s":1.5}})");
}

TEST_CASE("a failed dispatch shows why in words and as a token") {
  auto x = fresh();
  x.status = dispatch_status::error;
  x.finished_at = x.dispatched_at + 2s;
  x.why = failure{errc::timeout, {}};
  CHECK(encode(x)
        == R"({"message_id":"m-1","agent_id":"agent-1","status":"error",)"
           R"("content":null,"usage":{},)"
           R"("error":"The agent did not respond before the deadline",)"
           R"("reason":"timeout",)"
           R"("timings":{"dispatched_at":"2026-01-31T12:00:00.000000+00:00",)"
           R"("finished_at":"2026-01-31T12:00:02.000000+00:00",)"
           R"("duration_s":2}})");
}

TEST_CASE("a dispatch whose bridge reports an error shows both") {
  auto x = fresh();
  x.status = dispatch_status::error;
  x.finished_at = x.dispatched_at + 1us;
  x.result = std::make_shared<const response>(response{
      x.message, x.agent, "partial", json_object{}, std::string{"exit 1"}});
  x.why = failure{errc::task_failed, "exit 1"};
  CHECK(encode(x)
        == R"({"message_id":"m-1","agent_id":"agent-1","status":"error",)"
           R"("content":"partial","usage":{},)"
           R"("error":"exit 1","reason":"task_failed",)"
           R"("timings":{"dispatched_at":"2026-01-31T12:00:00.000000+00:00",)"
           R"("finished_at":"2026-01-31T12:00:00.000001+00:00",)"
           R"("duration_s":1e-06}})");
}
