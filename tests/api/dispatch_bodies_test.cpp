#include "api/dispatch_bodies.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <utility>

using namespace bridgekeeper;
using namespace bridgekeeper::api;
using namespace std::chrono_literals;
using nlohmann::json;

// Stored dispatches, as control clients see them.

namespace {

constexpr timestamp noon = std::chrono::sys_days{2026y / 1 / 31} + 12h;

store::result_row result_of(std::uint16_t attempt, response_details details,
                            bool is_late = false) {
  response out{message_id{"m-1"}, agent_id{"alpha"}, "half", {}, "boom", {}};
  out.details = std::make_shared<const response_details>(std::move(details));
  return {
      attempt, std::make_shared<const response>(std::move(out)), {}, is_late};
}

store::result_row late_in(std::uint16_t attempt, const std::string& session) {
  response_details details;
  details.agent_session_id = session;
  return result_of(attempt, std::move(details), true);
}

/// A dispatch that waits for its second attempt, because the first one has met
/// a rate limit.
store::dispatch_details waiting() {
  store::dispatch_details out;
  out.row.id = message_id{"m-1"};
  out.row.agent = agent_id{"alpha"};
  out.row.attempt = 2;
  out.row.max_attempts = 3;
  out.row.created = noon;
  out.row.changed = noon + 1s;
  out.row.retry_at = noon + 5min;
  out.row.reason = errc::task_failed;
  out.row.failure = failure_class::rate_limited;
  out.changes.push_back(
      {noon + 1s, store::change_kind::retried, 1, {}, errc::task_failed});
  response_details details;
  details.failure = failure_class::rate_limited;
  out.results.push_back(result_of(1, std::move(details)));
  return out;
}

json record_of(const store::dispatch_details& x) {
  auto members = more_members(x);
  members.front() = '{';
  return json::parse(members + "}");
}

json row_of(const store::dispatch_details& x) {
  return json::parse(to_json(store::dispatch_page{{x.row}, {}}))
      .at("dispatches")
      .at(0);
}

} // namespace

TEST_CASE("a record and its row say why and until when a retry waits") {
  auto x = waiting();
  for (const auto& body : {record_of(x), row_of(x)}) {
    CHECK(body["state"] == "queued");
    CHECK(body["next_attempt_at"] == "2026-01-31T12:05:00.000000+00:00");
    CHECK(body["failure"] == "rate_limited");
  }
  auto steps = record_of(x)["history"];
  REQUIRE(steps.size() == 2);
  CHECK_FALSE(steps[0].contains("failure"));
  CHECK(steps[1]["what"] == "retried");
  CHECK(steps[1]["reason"] == "task_failed");
  CHECK(steps[1]["failure"] == "rate_limited");
}

TEST_CASE("only a dispatch that waits for a retry has a next attempt") {
  auto x = waiting();
  SUBCASE("not one that has yet to be sent") {
    x.row.attempt = 1;
  }
  SUBCASE("not one that was sent") {
    x.row.state = dispatch_state::sent;
  }
  SUBCASE("not one that has ended") {
    x.row.state = dispatch_state::lost;
  }
  CHECK(record_of(x)["next_attempt_at"].is_null());
  CHECK(row_of(x)["next_attempt_at"].is_null());
  // The record of a dispatch that has ended has that of its result.
  CHECK_FALSE(record_of(x).contains("failure"));
}

TEST_CASE("the newest late result names the session that a follow-up "
          "continues, unless the result does") {
  auto x = waiting();
  x.results = {late_in(1, "s-1"), late_in(2, "s-2"), late_in(3, "")};
  x.row.attempt = 3;
  CHECK(agent_session_of(to_record(x)).empty());
  x.row.state = dispatch_state::timed_out;
  x.row.reason = errc::timeout;
  auto record = to_record(x);
  CHECK(agent_session_of(record) == "s-2");
  CHECK(record.result == nullptr);
  response_details details;
  details.agent_session_id = "s-3";
  x.results.back() = result_of(3, std::move(details));
  x.row.state = dispatch_state::failed;
  x.row.reason = errc::task_failed;
  CHECK(agent_session_of(to_record(x)) == "s-3");
}
