#include "app/adapters/opencode_adapter.hpp"

#include "app/adapters/agent_json.hpp"
#include "app/adapters/failure_text.hpp"
#include "app/adapters/tool_text.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>

namespace bridgekeeper::app {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 8> opencode_types{
    "step_start", "text",        "reasoning", "tool_use",
    "tool",       "step_finish", "error",     "done"};

std::optional<failure_class> class_of_error(const json& error,
                                            std::string_view text) {
  auto name = text_of(error, "name");
  if (name.empty())
    name = text_of(error, "type");
  if (name == "ProviderAuthError")
    return failure_class::auth;
  if (name == "ContextOverflowError")
    return failure_class::context_too_long;
  if (auto status = amount_of(member(error, "data"), "statusCode");
      status && *status < 1000)
    if (auto out = classify_status(static_cast<int>(*status)))
      return out;
  return classify_failure(text);
}

} // namespace

void opencode_adapter::on_document(const json& x, progress_lines& out) {
  auto type = text_of(x, "type");
  if (std::ranges::find(opencode_types, type) == opencode_types.end()) {
    if (!found().has_spoken)
      add_progress(out, json_text(x));
    return;
  }
  found().has_spoken = true;
  if (auto session = text_of(x, "sessionID"); !session.empty())
    found().session = session;
  const auto& part = member(x, "part");
  if (type == "text") {
    auto text = text_of(part, "text");
    if (answer_is_over_)
      answer_.clear();
    answer_is_over_ = false;
    answer_.append(answer_.empty() ? "" : "\n\n");
    answer_.append(text);
    recover();
    add_progress(out, text);
  } else if (type == "reasoning") {
    add_progress(out, text_of(part, "text"), {{"kind", "thinking"}});
  } else if (type == "tool_use" || type == "tool") {
    on_tool(part, out);
  } else if (type == "step_finish") {
    on_step_finish(part);
  } else if (type == "error") {
    on_error(member(x, "error"), out);
  } else if (type == "done") {
    for (const auto& rejected : member(x, "rejected"))
      agent_findings::add_note(
          found().denials,
          rejected.is_string()
              ? rejected.get<std::string>()
              : tool_text(text_of(rejected, "permission"), rejected));
    found().has_ended = true;
  }
}

void opencode_adapter::on_tool(const json& part, progress_lines& out) {
  auto tool = text_of(part, "tool");
  const auto& state = member(part, "state");
  answer_is_over_ = true;
  if (text_of(state, "status") == "error")
    add_progress(out, tool + " failed: " + headline(text_of(state, "error")),
                 {{"kind", "tool_error"}, {"tool", tool}});
  else
    add_progress(out, tool_text(tool, member(state, "input")),
                 {{"kind", "tool"}, {"tool", tool}});
}

/// Each step reports its own tokens, so they are summed.
void opencode_adapter::on_step_finish(const json& part) {
  const auto& tokens = member(part, "tokens");
  const auto& cache = member(tokens, "cache");
  auto add = [](double& sum, const json& from, std::string_view name) {
    sum = std::min(sum + amount_of(from, name).value_or(0), 1e15);
  };
  add(cost_, part, "cost");
  add(input_, tokens, "input");
  add(output_, tokens, "output");
  add(reasoning_, tokens, "reasoning");
  add(cache_read_, cache, "read");
  add(cache_written_, cache, "write");
  if (auto model = text_of(part, "modelID"); !model.empty())
    found().model = model;
  auto reason = text_of(part, "reason");
  if (reason == "stop" || reason == "end_turn")
    recover();
  json usage{{"total_cost_usd", cost_}};
  auto set = [&usage](std::string_view name, double x) {
    if (x > 0)
      usage[std::string{name}] = static_cast<std::uint64_t>(x);
  };
  set("input_tokens", input_);
  set("output_tokens", output_);
  set("reasoning_output_tokens", reasoning_);
  set("cache_read_input_tokens", cache_read_);
  set("cache_creation_input_tokens", cache_written_);
  found().usage = json_object{json_text(usage)};
}

void opencode_adapter::on_error(const json& error, progress_lines& out) {
  auto why = error_message_of(error);
  if (why.empty())
    why = text_of(error, "name");
  if (why.empty())
    why = "opencode reports an error";
  auto kind = class_of_error(error, why);
  add_progress(out, "error: " + why, {{"kind", "error"}});
  found().fail(std::move(why), kind);
}

/// Errors of single attempts are followed by another attempt.
void opencode_adapter::recover() {
  if (found().outcome != agent_outcome::failed)
    return;
  agent_findings::add_note(found().warnings, found().error);
  found().succeed();
  found().outcome = agent_outcome::open;
}

void opencode_adapter::on_end(const task_end& end,
                              std::string_view /*errors*/) {
  found().answer_with(answer_);
  if (found().outcome == agent_outcome::open && end.signal == 0
      && (end.status == 0 || found().has_ended) && !answer_.empty())
    found().succeed();
}

} // namespace bridgekeeper::app
