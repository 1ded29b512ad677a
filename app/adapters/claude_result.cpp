// How Claude Code ends a turn: the `result` message.

#include "app/adapters/agent_json.hpp"
#include "app/adapters/claude_adapter.hpp"
#include "app/adapters/failure_text.hpp"
#include "app/adapters/tool_text.hpp"
#include "domain/trimmed.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace bridgekeeper::app {

namespace {

using nlohmann::json;

/// The text of a result; for other types, and for structured output, its JSON.
std::string claude_result_text(const json& x) {
  const auto& result = member(x, "result");
  if (auto text = text_of(x, "result"); !trimmed(text).empty())
    return text;
  if (const auto& structured = member(x, "structured_output");
      !structured.is_null())
    return json_text(structured);
  return result.is_null() || result.is_string() ? std::string{}
                                                : json_text(result);
}

/// Why a result is an error, in the agent's words.
std::string claude_error_text(const json& x, const std::string& text) {
  if (!trimmed(text).empty())
    return text;
  std::string out;
  for (const auto& error : member(x, "errors")) {
    auto message = error_message_of(error);
    if (message.empty() || out.size() > agent_findings::max_note_length * 4)
      continue;
    out += out.empty() ? "" : "; ";
    out += message;
  }
  if (out.empty())
    out = text_of(x, "startup_failure_reason");
  if (out.empty())
    out = text_of(x, "subtype");
  return out.empty() || out == "success" ? "the command reports an error" : out;
}

std::optional<failure_class> class_of_name(std::string_view name) {
  using enum failure_class;
  constexpr std::array<std::pair<std::string_view, failure_class>, 15> names{{
      {"error_max_turns", max_turns},
      {"max_turns", max_turns},
      {"error_max_budget_usd", budget},
      {"budget_exhausted", budget},
      {"billing_error", budget},
      {"prompt_too_long", context_too_long},
      {"blocking_limit", rate_limited},
      {"rate_limit", rate_limited},
      {"overloaded", rate_limited},
      {"authentication_failed", auth},
      {"oauth_org_not_allowed", auth},
      {"account_on_hold", auth},
      {"verification_required", auth},
      {"cloud_credential_error", auth},
      {"rapid_refill_breaker", context_too_long},
  }};
  for (const auto& [known, kind] : names)
    if (known == name)
      return kind;
  return std::nullopt;
}

} // namespace

bool is_claude_result(const json& x) {
  auto has = [&x](std::string_view name) { return !member(x, name).is_null(); };
  if (const auto& type = member(x, "type"); !type.is_null())
    return type == "result";
  if (!has("result") || has("jsonrpc"))
    return false;
  // Scripts that imitate Claude Code report their cost in this way.
  return has("total_cost_usd")
         || (has("is_error")
             && (has("subtype") || has("session_id") || has("num_turns")))
         || (has("session_id") && (has("subtype") || has("num_turns")));
}

void claude_adapter::on_result(const json& x) {
  auto text = claude_result_text(x);
  auto subtype = text_of(x, "subtype");
  // A turn whose last message is an error has not succeeded, whatever the
  // result says.
  auto ends_in_error = !last_error_.empty() && !text.empty()
                       && trimmed(text) == trimmed(last_text_);
  auto has_failed = is_true(x, "is_error")
                    || (!subtype.empty() && subtype != "success")
                    || ends_in_error;
  note_usage(x);
  for (const auto& denial : member(x, "permission_denials"))
    agent_findings::add_note(
        found().denials,
        tool_text(text_of(denial, "tool_name"), member(denial, "tool_input")));
  if (has_failed)
    on_failure(x, std::move(text));
  else {
    if (found().outcome == agent_outcome::succeeded)
      agent_findings::add_note(found().warnings,
                               "the agent has given more than one answer; this "
                               "is the last one");
    found().succeed();
    if (trimmed(text).empty())
      text = last_text_;
    if (!trimmed(text).empty() || found().answer.empty())
      found().answer = std::move(text);
  }
  turn_has_ended_ = amount_of(x, "queued_turn_count").value_or(0) == 0;
  update_end();
}

/// Another turn has begun, after a result or not.
void claude_adapter::resume_work() {
  turn_has_ended_ = false;
  update_end();
}

void claude_adapter::update_end() {
  found().has_ended = turn_has_ended_ && background_.empty();
}

void claude_adapter::on_failure(const json& x, std::string text) {
  auto why = claude_error_text(x, text);
  if (found().outcome == agent_outcome::succeeded) {
    agent_findings::add_note(found().warnings,
                             "an error was reported after the result: " + why);
    return;
  }
  auto kind = class_of(x, why);
  found().fail(why, kind);
  if (kind == failure_class::rate_limited)
    found().retry_at = resets_at_;
  if (!text.empty())
    found().answer = std::move(text);
}

std::optional<failure_class>
claude_adapter::class_of(const json& x, std::string_view text) const {
  if (auto out = class_of_name(text_of(x, "subtype")))
    return out;
  if (auto out = class_of_name(text_of(x, "terminal_reason")))
    return out;
  if (auto status = amount_of(x, "api_error_status"); status && *status < 1000)
    if (auto out = classify_status(static_cast<int>(*status)))
      return out;
  if (auto out = class_of_name(last_error_))
    return out;
  if (is_rate_limited_)
    return failure_class::rate_limited;
  return classify_failure(text);
}

/// The usage and the turns are those since the previous result; the cost is the
/// total of the process, or of the session. So the last total counts.
void claude_adapter::note_usage(const json& x) {
  if (auto turns = amount_of(x, "num_turns"); turns && *turns < 1e9)
    found().turns =
        found().turns.value_or(0) + static_cast<std::uint64_t>(*turns);
  if (auto cost = amount_of(x, "total_cost_usd")) {
    auto& total = found().totals["total_cost_usd"];
    total = std::max(total, *cost);
  }
  usage_.add(member(x, "usage"));
}

} // namespace bridgekeeper::app
