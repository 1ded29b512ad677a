#include "app/adapters/codex_adapter.hpp"

#include "app/adapters/agent_json.hpp"
#include "app/adapters/failure_text.hpp"
#include "app/adapters/tool_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace bridgekeeper::app {

namespace {

using nlohmann::json;

std::string changed_files(const json& item) {
  std::string out;
  std::size_t count = 0;
  for (const auto& change : member(item, "changes")) {
    if (++count > 5)
      continue;
    out += count == 1 ? "" : ", ";
    out += headline(text_of(change, "path"));
  }
  return count > 5 ? out + ", …" : out;
}

std::string plan_text(const json& item) {
  std::size_t done = 0;
  const auto& items = member(item, "items");
  for (const auto& x : items)
    done += is_true(x, "completed") ? 1 : 0;
  return "plan: " + std::to_string(done) + " of " + std::to_string(items.size())
         + " done";
}

} // namespace

void codex_adapter::on_document(const json& x, progress_lines& out) {
  auto type = text_of(x, "type");
  if (!type.starts_with("thread.") && !type.starts_with("turn.")
      && !type.starts_with("item.") && type != "error") {
    add_progress(out, json_text(x));
    return;
  }
  found().has_spoken = true;
  if (type == "thread.started") {
    found().session = text_of(x, "thread_id");
    add_progress(out, "session " + found().session, {{"kind", "session"}});
  } else if (type == "turn.started") {
    found().has_ended = false;
  } else if (type.starts_with("item.")) {
    on_item(member(x, "item"), type, out);
  } else if (type == "turn.completed") {
    note_usage(member(x, "usage"));
    found().succeed();
    found().has_ended = true;
  } else if (type == "turn.failed") {
    on_turn_failed(error_message_of(member(x, "error")));
  } else if (type == "error") {
    last_error_ = error_message_of(x);
    add_progress(out, last_error_, {{"kind", "retry"}});
  }
}

void codex_adapter::on_turn_failed(std::string why) {
  if (why.empty())
    why = last_error_.empty() ? "the turn failed" : last_error_;
  found().has_ended = true;
  if (found().outcome == agent_outcome::succeeded)
    return agent_findings::add_note(
        found().warnings, "an error was reported after the result: " + why);
  auto kind = classify_failure(why);
  found().fail(std::move(why), kind);
}

void codex_adapter::on_item(const json& item, std::string_view event,
                            progress_lines& out) {
  auto type = text_of(item, "type");
  if (type == "command_execution")
    return on_command(item, event, out);
  if (type == "todo_list") {
    add_progress(out, plan_text(item), {{"kind", "plan"}});
    return;
  }
  if (event != "item.completed")
    return;
  if (type == "agent_message") {
    found().answer = text_of(item, "text");
    add_progress(out, found().answer);
  } else if (type == "reasoning") {
    add_progress(out, text_of(item, "text"), {{"kind", "thinking"}});
  } else if (type == "file_change") {
    add_progress(out, "edit: " + changed_files(item),
                 {{"kind", "tool"}, {"tool", "edit"}});
  } else if (type == "mcp_tool_call") {
    auto tool = text_of(item, "server") + "." + text_of(item, "tool");
    add_progress(out, tool_text(tool, member(item, "arguments")),
                 {{"kind", "tool"}, {"tool", tool}});
  } else if (type == "web_search") {
    add_progress(out, tool_text("web search", item),
                 {{"kind", "tool"}, {"tool", "web_search"}});
  } else if (type == "error") {
    auto text = error_message_of(item);
    agent_findings::add_note(found().warnings, text);
    add_progress(out, text, {{"kind", "warning"}});
  }
}

/// A command is shown when it starts, and again if it fails.
void codex_adapter::on_command(const json& item, std::string_view event,
                               progress_lines& out) {
  auto status = text_of(item, "status");
  auto command = headline(text_of(item, "command"));
  if (event == "item.started")
    return add_progress(out, "command: " + command,
                        {{"kind", "tool"}, {"tool", "command"}});
  if (event != "item.completed")
    return;
  if (status == "declined") {
    agent_findings::add_note(found().denials, command);
    add_progress(out, "permission denied: " + command,
                 {{"kind", "permission_denied"}});
  } else if (status == "failed") {
    add_progress(out, "command failed: " + command, {{"kind", "tool_error"}});
  }
}

/// Codex counts cached tokens as input; we count them apart, as Claude does.
void codex_adapter::note_usage(const json& usage) {
  auto& totals = found().totals;
  auto cached = amount_of(usage, "cached_input_tokens").value_or(0);
  if (auto input = amount_of(usage, "input_tokens"))
    totals["input_tokens"] = std::max(*input - cached, 0.0);
  if (cached > 0)
    totals["cache_read_input_tokens"] = cached;
  if (auto written = amount_of(usage, "cache_write_input_tokens"))
    totals["cache_creation_input_tokens"] = *written;
  for (const auto* name : {"output_tokens", "reasoning_output_tokens"})
    if (auto amount = amount_of(usage, name))
      totals[name] = *amount;
}

void codex_adapter::on_end(const task_end& end, std::string_view /*errors*/) {
  // A shell reports a command that was killed with a status above this.
  constexpr auto killed = 128;
  if (found().outcome != agent_outcome::open || last_error_.empty()
      || end.status == 0 || end.status > killed)
    return;
  found().fail(last_error_, classify_failure(last_error_));
}

} // namespace bridgekeeper::app
