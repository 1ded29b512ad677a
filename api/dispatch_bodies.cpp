#include "api/dispatch_bodies.hpp"

#include "protocol/event_json.hpp"
#include "protocol/json_list.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/record_json.hpp"
#include "protocol/response_details.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace bridgekeeper::api {

using protocol::json_list;
using protocol::json_writer;

namespace {

void add_time(json_writer& out, std::string_view name,
              const std::optional<timestamp>& x) {
  x ? out.string(name, to_iso8601(*x)) : out.null(name);
}

bool is_waiting_for_retry(const store::dispatch_row& x) {
  return x.state == dispatch_state::queued && x.attempt > 1;
}

/// What lists and single dispatches have in common.
void add_state(json_writer& out, const store::dispatch_row& x) {
  out.string("state", to_string(x.state))
      .number("attempt", std::int64_t{x.attempt})
      .number("max_attempts", std::int64_t{x.max_attempts})
      .string("session_id", x.session.str());
  x.followup_to ? out.string("followup_to", x.followup_to->str())
                : out.null("followup_to");
  out.string("created_at", to_iso8601(x.created));
  add_time(out, "sent_at", x.sent);
  add_time(out, "ended_at",
           is_end(x.state) ? std::optional{x.changed} : std::nullopt);
  add_time(out, "awaited_until", x.awaited_until);
  add_time(out, "next_attempt_at",
           is_waiting_for_retry(x) ? x.retry_at : std::nullopt);
  out.number("late_results", std::int64_t{x.late});
}

std::string row_json(const store::dispatch_row& x) {
  json_writer out;
  out.string("message_id", x.id.str());
  x.agent.empty() ? out.null("agent_id")
                  : out.string("agent_id", x.agent.str());
  out.string("status", to_string(to_status(x.state)));
  add_state(out, x);
  x.reason ? out.string("reason", token(*x.reason)) : out.null("reason");
  x.detail.empty() ? out.null("error") : out.string("error", x.detail);
  if (x.failure)
    out.string("failure", to_string(*x.failure));
  return out.finish();
}

std::string_view to_string(store::change_kind x) noexcept {
  switch (x) {
  case store::change_kind::retried:
    return "retried";
  case store::change_kind::adopted:
    return "adopted";
  case store::change_kind::cancelled:
    return "cancel_requested";
  case store::change_kind::late_result:
    return "late_result";
  }
  return "changed";
}

std::string step(timestamp at, std::string_view what, std::int64_t attempt,
                 const std::optional<errc>& reason = {},
                 const std::optional<failure_class>& failure = {}) {
  json_writer out;
  out.string("at", to_iso8601(at)).string("what", what);
  out.number("attempt", attempt);
  if (reason)
    out.string("reason", token(*reason));
  if (failure)
    out.string("failure", to_string(*failure));
  return out.finish();
}

/// The class of the failure with which this attempt has ended, if its bridge
/// named one.
std::optional<failure_class> failure_of(const store::dispatch_details& x,
                                        std::uint16_t attempt) {
  for (const auto& result : x.results)
    if (result.attempt == attempt && !result.is_late && result.answer
        && result.answer->details)
      return result.answer->details->failure;
  return std::nullopt;
}

/// Oldest first. Earlier attempts are known only by how they ended.
std::string history_json(const store::dispatch_details& x) {
  const auto& row = x.row;
  std::vector<std::pair<timestamp, std::string>> steps;
  auto add = [&](timestamp at, std::string_view what, std::int64_t attempt,
                 const std::optional<errc>& reason = {},
                 const std::optional<failure_class>& failure = {}) {
    steps.emplace_back(at, step(at, what, attempt, reason, failure));
  };
  add(row.created, "created", 1);
  for (const auto& change : x.changes)
    add(change.at, to_string(change.what), change.attempt, change.reason,
        change.what == store::change_kind::retried
            ? failure_of(x, change.attempt)
            : std::nullopt);
  for (const auto& [at, what] :
       {std::pair{row.sent, "sent"}, std::pair{row.accepted, "accepted"},
        std::pair{row.running, "running"}})
    if (at)
      add(*at, what, row.attempt);
  if (is_end(row.state))
    add(row.changed, bridgekeeper::to_string(row.state), row.attempt,
        row.reason);
  std::stable_sort(
      steps.begin(), steps.end(),
      [](const auto& a, const auto& b) { return a.first < b.first; });
  json_list out;
  for (const auto& [at, text] : steps)
    out.raw(text);
  return out.finish();
}

std::string late_json(const store::dispatch_details& x) {
  json_list out;
  for (const auto& result : x.results)
    if (result.is_late && result.answer) {
      json_writer late;
      late.number("attempt", std::int64_t{result.attempt})
          .string("content", result.answer->content)
          .raw("usage", result.answer->usage.str());
      result.answer->error ? late.string("error", *result.answer->error)
                           : late.null("error");
      add_details(late, result.answer->details);
      out.raw(late.finish());
    }
  return out.finish();
}

} // namespace

std::string to_json(const store::dispatch_page& x) {
  json_list rows;
  for (const auto& row : x.rows)
    rows.raw(row_json(row));
  json_writer out;
  out.raw("dispatches", rows.finish());
  if (x.next)
    out.string("next", std::to_string(static_cast<std::int64_t>(*x.next)));
  else
    out.null("next");
  return out.finish();
}

dispatch_record to_record(const store::dispatch_details& x) {
  const auto& row = x.row;
  dispatch_record out;
  out.message = row.id;
  out.agent = row.agent;
  out.status = to_status(row.state);
  out.dispatched_at = row.created;
  if (is_end(row.state))
    out.finished_at = row.changed;
  for (const auto& result : x.results) {
    if (!result.is_late && result.attempt == row.attempt)
      out.result = result.answer;
    if (result.is_late && result.answer && result.answer->details
        && !result.answer->details->agent_session_id.empty())
      out.late_session = result.answer->details->agent_session_id;
  }
  // The reason of an attempt that was retried is part of the history.
  if (!is_end(row.state))
    return out;
  if (row.reason)
    out.why = cause{*row.reason, row.detail};
  if (row.reason == errc::task_failed && out.result && out.result->error)
    out.why = cause{errc::task_failed, *out.result->error};
  else if (row.reason)
    // The store keeps the cost of an unreadable response, but it has no result.
    out.result = nullptr;
  return out;
}

std::string more_members(const store::dispatch_details& x) {
  json_writer out;
  add_state(out, x.row);
  // That of a dispatch that has ended is part of its result.
  if (is_waiting_for_retry(x.row) && x.row.failure)
    out.string("failure", to_string(*x.row.failure));
  json_writer task;
  task.string("content", x.task.content)
      .raw("context", x.task.context.empty() ? "{}" : x.task.context);
  out.raw("task", task.finish())
      .raw("options", x.task.options.empty() ? "{}" : x.task.options)
      .raw("late", late_json(x))
      .raw("history", history_json(x));
  auto text = out.finish();
  text.front() = ',';
  text.pop_back();
  return text;
}

std::string outcome_event(const store::dispatch_details& x) {
  auto record = to_record(x);
  json_writer metadata;
  metadata.null("agent_id")
      .string("message_id", record.message.str())
      .raw("record", protocol::encode(record, more_members(x)));
  return protocol::encode_event(
      "outcome", x.row.changed, x.row.session,
      "Task ended without an agent"
          + (record.why ? ": " + to_string(*record.why) : std::string{}),
      metadata.finish());
}

} // namespace bridgekeeper::api
