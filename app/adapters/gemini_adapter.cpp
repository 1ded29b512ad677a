#include "app/adapters/gemini_adapter.hpp"

#include "app/adapters/agent_json.hpp"
#include "app/adapters/error_reason.hpp"
#include "app/adapters/failure_text.hpp"
#include "app/adapters/tool_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace bridgekeeper::app {

namespace {

using nlohmann::json;

/// Tokens as the adapters name them.
struct gemini_tokens {
  double input = 0;
  double output = 0;
  double cached = 0;
};

/// The statistics of `stream-json`, or those of `json`, which are per model.
gemini_tokens tokens_of(const json& stats) {
  gemini_tokens out;
  if (auto input = amount_of(stats, "input_tokens")) {
    out.cached = amount_of(stats, "cached").value_or(0);
    out.input =
        amount_of(stats, "input").value_or(std::max(*input - out.cached, 0.0));
    out.output = amount_of(stats, "output_tokens").value_or(0);
    return out;
  }
  for (const auto& model : member(stats, "models")) {
    const auto& tokens = member(model, "tokens");
    auto cached = amount_of(tokens, "cached").value_or(0);
    out.cached += cached;
    out.input +=
        std::max(amount_of(tokens, "prompt").value_or(0) - cached, 0.0);
    out.output += amount_of(tokens, "candidates").value_or(0)
                  + amount_of(tokens, "thoughts").value_or(0);
  }
  return out;
}

json whole_number(double x) {
  return static_cast<std::uint64_t>(std::min(x, 1e15));
}

std::optional<failure_class> class_of_exit(int status, std::string_view text) {
  switch (status) {
  case 41:
  case 145: // HTTP 401, modulo 256
    return failure_class::auth;
  case 53:
    return failure_class::max_turns;
  case 173: // HTTP 429
    return failure_class::rate_limited;
  default:
    return classify_failure(text);
  }
}

/// What an exit status means, if the agent says nothing else.
std::string_view meaning_of_exit(int status) {
  switch (status) {
  case 41:
    return "gemini is not logged in";
  case 42:
    return "gemini did not accept its input";
  case 44:
    return "gemini's sandbox failed";
  case 52:
    return "gemini's configuration is invalid";
  case 53:
    return "gemini used up its turns";
  case 54:
    return "a tool of gemini failed";
  case 55:
    return "gemini does not trust the working directory";
  case 130:
    return "gemini was interrupted";
  default:
    return {};
  }
}

} // namespace

void gemini_adapter::on_document(const json& x, progress_lines& out) {
  auto type = text_of(x, "type");
  auto is_known = type.empty() ? on_whole_answer(x) : on_event(x, type, out);
  if (is_known)
    found().has_spoken = true;
  else
    add_progress(out, json_text(x));
}

bool gemini_adapter::on_event(const json& x, std::string_view type,
                              progress_lines& out) {
  if (type != "message")
    show_pieces(out, true);
  if (type == "init") {
    found().session = text_of(x, "session_id");
    found().model = text_of(x, "model");
    add_progress(out, "session " + found().session + " with " + found().model,
                 {{"kind", "session"}});
  } else if (type == "message") {
    on_message(x, out);
  } else if (type == "tool_use") {
    auto tool = text_of(x, "tool_name");
    add_progress(out, tool_text(tool, member(x, "parameters")),
                 {{"kind", "tool"}, {"tool", tool}});
  } else if (type == "tool_result") {
    if (text_of(x, "status") == "error")
      add_progress(
          out, "tool failed: " + headline(error_message_of(member(x, "error"))),
          {{"kind", "tool_error"}});
  } else if (type == "error") {
    auto text = error_message_of(x);
    agent_findings::add_note(found().warnings, text);
    add_progress(out, text, {{"kind", "warning"}});
  } else if (type == "result") {
    on_result(x);
  } else {
    return found().has_spoken;
  }
  return true;
}

void gemini_adapter::on_message(const json& x, progress_lines& out) {
  if (text_of(x, "role") != "assistant")
    return;
  auto text = text_of(x, "content");
  if (!is_true(x, "delta") && !answer_.empty())
    text.insert(0, "\n\n");
  answer_.append(text);
  pieces_ += text;
  show_pieces(out, !is_true(x, "delta") || pieces_.size() > max_progress_text);
}

void gemini_adapter::show_pieces(progress_lines& out, bool all) {
  auto end = all ? pieces_.size() : pieces_.find_last_of('\n') + 1;
  if (end == 0)
    return;
  add_progress(out, std::string_view{pieces_}.substr(0, end));
  pieces_.erase(0, end);
}

void gemini_adapter::on_result(const json& x) {
  note_usage(member(x, "stats"));
  found().has_ended = true;
  auto why = error_message_of(member(x, "error"));
  if (text_of(x, "status") != "error" && why.empty())
    return found().succeed();
  if (why.empty())
    why = "gemini reports an error";
  if (found().outcome == agent_outcome::succeeded)
    return agent_findings::add_note(
        found().warnings, "an error was reported after the result: " + why);
  auto kind = classify_failure(why);
  found().fail(std::move(why), kind);
}

/// The single object of `--output-format json`.
bool gemini_adapter::on_whole_answer(const json& x) {
  const auto& response = member(x, "response");
  const auto& error = member(x, "error");
  if (!response.is_string() && !member(x, "stats").is_object()
      && !(error.is_object() && !error_message_of(error).empty()))
    return false;
  if (auto session = text_of(x, "session_id"); !session.empty())
    found().session = session;
  for (const auto& warning : member(x, "warnings"))
    agent_findings::add_note(found().warnings, error_message_of(warning));
  if (response.is_string()) {
    answer_.clear();
    answer_.append(response.get_ref<const std::string&>());
  }
  note_usage(member(x, "stats"));
  found().has_ended = true;
  if (error.is_null()) {
    found().succeed();
    return true;
  }
  auto why = error_message_of(error);
  auto kind = classify_failure(why);
  // The code is an exit status, or an HTTP status.
  if (auto code = amount_of(error, "code"); !kind && code && *code < 1000) {
    kind = class_of_exit(static_cast<int>(*code), why);
    if (!kind)
      kind = classify_status(static_cast<int>(*code));
  }
  found().fail(why.empty() ? "gemini reports an error" : why, kind);
  return true;
}

void gemini_adapter::note_usage(const json& stats) {
  if (!stats.is_object())
    return;
  auto tokens = tokens_of(stats);
  json usage{{"input_tokens", whole_number(tokens.input)},
             {"output_tokens", whole_number(tokens.output)}};
  if (tokens.cached > 0)
    usage["cache_read_input_tokens"] = whole_number(tokens.cached);
  found().usage = json_object{json_text(usage)};
  if (const auto& models = member(stats, "models");
      found().model.empty() && models.is_object() && models.size() == 1)
    found().model = models.begin().key();
}

void gemini_adapter::on_end(const task_end& end, std::string_view errors) {
  found().answer_with(answer_);
  if (found().outcome != agent_outcome::open || end.status == 0)
    return;
  auto stated = stated_error(errors);
  auto why = stated.value_or(std::string{meaning_of_exit(end.status)});
  if (why.empty())
    return;
  auto kind = class_of_exit(end.status, why);
  found().fail("exit status " + std::to_string(end.status) + ": " + why, kind);
}

} // namespace bridgekeeper::app
