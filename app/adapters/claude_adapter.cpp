#include "app/adapters/claude_adapter.hpp"

#include "app/adapters/agent_json.hpp"
#include "app/adapters/failure_text.hpp"
#include "app/adapters/tool_text.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace bridgekeeper::app {

namespace {

using nlohmann::json;

constexpr std::size_t max_background_tasks = 1000;

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
  if (!is_subagent) {
    last_error_ = text_of(x, "error");
    resume_work();
  }
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
    resume_work();
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
  // The agent need not answer again after the last one.
  update_end();
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

void claude_adapter::on_end(const task_end& end, std::string_view /*errors*/) {
  if (found().outcome == agent_outcome::open && end.status == 143)
    agent_findings::add_note(found().warnings,
                             "the agent was asked to stop (SIGTERM)");
  found().usage = usage_.total();
}

} // namespace bridgekeeper::app
