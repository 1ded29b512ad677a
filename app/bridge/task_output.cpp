#include "app/bridge/task_output.hpp"

#include "app/text/utf8_text.hpp"
#include "domain/limits.hpp"
#include "domain/trimmed.hpp"
#include "domain/utf8.hpp"
#include "protocol/json_document.hpp"

#include <nlohmann/json.hpp>

#include <cstring>
#include <utility>

namespace bridgekeeper::app {

namespace {

using nlohmann::json;

/// The last line with something in it, in bounds.
std::string last_line(std::string_view text) {
  text = trimmed(text);
  auto line = trimmed(text.substr(text.find_last_of("\r\n") + 1));
  return repair_utf8(cut_utf8(line, line_splitter::default_limit));
}

std::optional<std::string> problem_of(const task_end& end,
                                      std::string_view errors) {
  if (end.problem)
    return end.problem;
  std::string out;
  if (end.signal != 0)
    out = "killed by signal " + std::to_string(end.signal) + " ("
          + strsignal(end.signal) + ")";
  else if (end.status != 0)
    out = "exit status " + std::to_string(end.status);
  else
    return std::nullopt;
  if (auto line = last_line(errors); !line.empty())
    out += ": " + line;
  return out;
}

std::string to_text(const json& x) {
  return x.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Parses the output as a command's own report; nothing if it is not one. JSON
/// that is nested too deeply to be passed on is treated as plain text.
std::optional<json> parse_report(std::string_view text) {
  if (!trimmed(text).starts_with('{'))
    return std::nullopt;
  auto doc = protocol::parse_json_document(text);
  if (!doc.is_object())
    return std::nullopt;
  auto is_report =
      doc.contains("result") || doc.value("type", json{}) == "result";
  return is_report ? std::optional{std::move(doc)} : std::nullopt;
}

std::string result_of(const json& report) {
  auto result = report.value("result", json{});
  if (result.is_null())
    return {};
  return result.is_string() ? result.get<std::string>() : to_text(result);
}

json_object usage_of(const json& report) {
  auto usage = report.value("usage", json{});
  if (!usage.is_object())
    usage = json::object();
  if (auto cost = report.find("total_cost_usd");
      cost != report.end() && cost->is_number())
    usage["total_cost_usd"] = *cost;
  auto text = to_text(usage);
  return text.size() > max_object_length ? json_object{}
                                         : json_object{std::move(text)};
}

/// The error message of the report; nothing if it reports success.
std::optional<std::string> failure_of(const json& report) {
  if (report.value("is_error", json{}) != true)
    return std::nullopt;
  if (auto text = result_of(report); !trimmed(text).empty())
    return text;
  auto subtype = report.value("subtype", json{});
  return subtype.is_string() ? subtype.get<std::string>()
                             : std::string{"the command reports an error"};
}

} // namespace

std::vector<std::string> task_output::on_stdout(std::string_view bytes) {
  content_.append(bytes);
  std::vector<std::string> out;
  for (auto& line : lines_.feed(bytes)) {
    auto words = trimmed(line);
    if (words.empty())
      continue;
    if (!std::exchange(first_line_seen_, true) && words.starts_with('{')) {
      held_ = std::move(line);
      continue;
    }
    if (held_)
      out.push_back(*std::exchange(held_, std::nullopt));
    out.push_back(std::move(line));
  }
  return out;
}

task_report task_output::finish(const task_end& end) {
  task_report out;
  out.error = problem_of(end, errors_.view());
  auto text = repair_utf8(skip_partial_character(content_.view()));
  // Without its beginning, the output cannot be a JSON report.
  auto report = content_.dropped() == 0 ? parse_report(text) : std::nullopt;
  if (report) {
    out.content = result_of(*report);
    out.usage = usage_of(*report);
    auto reported = failure_of(*report);
    if (reported && !end.problem)
      out.error = std::move(reported);
    return out;
  }
  if (held_)
    out.held_lines.push_back(*std::exchange(held_, std::nullopt));
  if (content_.dropped() > 0)
    out.content = "[" + std::to_string(content_.dropped())
                  + " bytes of output before this were omitted]\n";
  out.content += text;
  return out;
}

} // namespace bridgekeeper::app
