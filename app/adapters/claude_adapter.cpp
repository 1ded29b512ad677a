#include "app/adapters/claude_adapter.hpp"

#include "app/adapters/agent_json.hpp"
#include "app/adapters/failure_text.hpp"
#include "app/adapters/plain_text.hpp"
#include "app/adapters/tool_text.hpp"
#include "domain/trimmed.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>

namespace bridgekeeper::app {

namespace {

using nlohmann::json;

constexpr std::size_t max_background_tasks = 1000;

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

std::string retry_text(const json& x) {
  std::string out{"retrying"};
  if (auto delay = amount_of(x, "retry_delay_ms"))
    out += " in " + std::to_string(std::llround(std::min(*delay, 1e9) / 1000))
           + " s";
  auto attempt = amount_of(x, "attempt");
  auto most = amount_of(x, "max_retries");
  if (attempt && most && *attempt < 1e6 && *most < 1e6)
    out += " (attempt " + std::to_string(std::llround(*attempt)) + " of "
           + std::to_string(std::llround(*most)) + ")";
  auto why = text_of(x, "error");
  if (why.empty())
    why = error_message_of(member(x, "error"));
  return why.empty() ? out : out + ": " + headline(why);
}

/// The text of a tool's result: a string, or blocks of which some have text.
std::string tool_result_text(const json& block) {
  const auto& content = member(block, "content");
  if (content.is_string())
    return content.get<std::string>();
  for (const auto& part : content)
    if (auto text = text_of(part, "text"); !text.empty())
      return text;
  return {};
}

void show_failed_tools(const json& x, progress_lines& out) {
  for (const auto& block : member(member(x, "message"), "content"))
    if (text_of(block, "type") == "tool_result" && is_true(block, "is_error"))
      add_progress(out, "tool failed: " + headline(tool_result_text(block)),
                   {{"kind", "tool_error"}});
}

} // namespace

bool is_claude_result(const json& x) {
  auto has = [&x](std::string_view name) { return !member(x, name).is_null(); };
  if (const auto& type = member(x, "type"); !type.is_null())
    return type == "result";
  if (!has("result") || has("jsonrpc"))
    return false;
  auto has_numbers = has("total_cost_usd") || has("num_turns");
  return (has("is_error")
          && (has("subtype") || has("session_id") || has_numbers))
         || (has("session_id") && (has("subtype") || has_numbers));
}

void claude_adapter::on_document(const json& x, progress_lines& out) {
  // With `--verbose`, `json` prints all messages in one array.
  if (!x.is_array())
    return on_message(x, out);
  for (const auto& message : x)
    on_message(message, out);
}

void claude_adapter::on_message(const json& x, progress_lines& out) {
  auto type = text_of(x, "type");
  auto session = text_of(x, "session_id");
  auto is_own = is_claude_result(x) || type == "system" || type == "assistant"
                || type == "user" || type == "rate_limit_event"
                || (!type.empty() && !session.empty());
  if (!is_own) {
    // Some other program's JSON is shown as it is.
    add_progress(out, json_text(x));
    return;
  }
  found().has_spoken = true;
  if (!session.empty())
    found().session = session;
  if (is_claude_result(x))
    return on_result(x);
  if (type == "assistant")
    return on_assistant(x, out);
  if (type == "system")
    return on_system(x, out);
  if (type == "rate_limit_event")
    return on_rate_limit(member(x, "rate_limit_info"), out);
  if (type == "user" && member(x, "parent_tool_use_id").is_null())
    show_failed_tools(x, out);
}

void claude_adapter::on_assistant(const json& x, progress_lines& out) {
  auto is_subagent = !member(x, "parent_tool_use_id").is_null();
  const auto& message = member(x, "message");
  if (auto model = text_of(message, "model");
      !is_subagent && !model.empty() && model != "<synthetic>")
    found().model = model;
  if (!is_subagent)
    last_error_ = text_of(x, "error");
  for (const auto& block : member(message, "content")) {
    auto type = text_of(block, "type");
    if (type == "tool_use" || type == "server_tool_use") {
      auto tool = text_of(block, "name");
      auto text = tool_text(tool, member(block, "input"));
      if (is_subagent)
        add_progress(out, "subagent: " + text,
                     {{"kind", "tool"}, {"tool", tool}, {"by", "subagent"}});
      else
        add_progress(out, text, {{"kind", "tool"}, {"tool", tool}});
    } else if (is_subagent) {
      continue;
    } else if (type == "text") {
      last_text_ = text_of(block, "text");
      add_progress(out, last_text_);
    } else if (type == "thinking") {
      add_progress(out, text_of(block, "thinking"), {{"kind", "thinking"}});
    }
  }
  if (found().outcome == agent_outcome::open)
    found().answer = last_text_;
}

void claude_adapter::on_system(const json& x, progress_lines& out) {
  auto subtype = text_of(x, "subtype");
  if (subtype == "init") {
    found().model = text_of(x, "model");
    // Work has begun again, after a result or not.
    found().has_ended = false;
    add_progress(out, "session " + found().session + " with " + found().model,
                 {{"kind", "session"}});
  } else if (subtype == "api_retry") {
    add_progress(out, retry_text(x), {{"kind", "retry"}});
  } else if (subtype == "permission_denied") {
    add_progress(out, "permission denied: " + text_of(x, "tool_name"),
                 {{"kind", "permission_denied"}});
  } else if (subtype == "status" && text_of(x, "status") == "compacting") {
    add_progress(out, "compacting the conversation", {{"kind", "status"}});
  } else if (subtype == "model_fallback"
             || subtype == "model_refusal_fallback") {
    agent_findings::add_note(found().warnings, subtype);
  } else if (subtype.starts_with("task_")) {
    on_background_task(x, subtype);
    if (subtype == "task_started" || subtype == "task_notification")
      add_progress(
          out,
          "task: "
              + headline(text_of(x, subtype == "task_started" ? "description"
                                                              : "summary")),
          {{"kind", "task"}});
  }
}

void claude_adapter::on_background_task(const json& x,
                                        std::string_view subtype) {
  auto id = text_of(x, "task_id");
  auto status = text_of(x, "status");
  if (status.empty())
    status = text_of(member(x, "patch"), "status");
  if (subtype == "task_started") {
    if (background_.size() < max_background_tasks)
      background_.insert(id);
  } else if (status == "completed" || status == "failed" || status == "stopped"
             || status == "killed") {
    background_.erase(id);
  }
}

void claude_adapter::on_rate_limit(const json& info, progress_lines& out) {
  auto status = text_of(info, "status");
  is_rate_limited_ = status == "rejected";
  resets_at_.reset();
  if (auto seconds = amount_of(info, "resetsAt"); seconds && is_rate_limited_)
    resets_at_ = time_since_epoch(*seconds);
  if (status.empty() || status == "allowed")
    return;
  auto text = "rate limit: " + status;
  if (auto limit = text_of(info, "rateLimitType"); !limit.empty())
    text += " (" + limit + ")";
  if (resets_at_)
    text += ", resets at " + to_iso8601_seconds(*resets_at_);
  add_progress(out, text, {{"kind", "rate_limit"}});
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
    found().succeed();
    if (trimmed(text).empty())
      text = last_text_;
    if (!trimmed(text).empty() || found().answer.empty())
      found().answer = std::move(text);
  }
  found().has_ended =
      background_.empty() && amount_of(x, "queued_turn_count").value_or(0) == 0;
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

/// The usage is that of the turn; the cost is the total of the process, or of
/// the session. So the last total counts.
void claude_adapter::note_usage(const json& x) {
  if (auto turns = amount_of(x, "num_turns"); turns && *turns < 1e9)
    found().turns = static_cast<std::uint64_t>(*turns);
  if (auto cost = amount_of(x, "total_cost_usd")) {
    auto& total = found().totals["total_cost_usd"];
    total = std::max(total, *cost);
  }
  auto usage = member(x, "usage");
  auto is_zero = !amount_of(usage, "output_tokens").value_or(0);
  if (!usage.is_object()
      || (is_zero && found().outcome == agent_outcome::succeeded))
    return;
  if (auto text = json_text(usage); text.size() <= max_object_length)
    found().usage = json_object{std::move(text)};
}

void claude_adapter::on_end(const task_end& end, std::string_view /*errors*/) {
  if (found().outcome == agent_outcome::open && end.status == 143)
    agent_findings::add_note(found().warnings,
                             "the agent was asked to stop (SIGTERM)");
}

} // namespace bridgekeeper::app
