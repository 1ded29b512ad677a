#include "app/client/dispatch_table.hpp"

#include "app/client/agent_table.hpp"
#include "app/text/quantity.hpp"
#include "app/text/text_table.hpp"
#include "app/text/utf8_text.hpp"
#include "domain/timestamp.hpp"
#include "domain/utf8.hpp"
#include "protocol/json_document.hpp"
#include "protocol/json_fields.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace bridgekeeper::app {

namespace {

using nlohmann::json;
using protocol::json_fields;
using protocol::json_kind;
using protocol::text_member;

constexpr std::array<std::string_view, 2> page_fields{"dispatches", "next"};

/// The length of most short ids.
constexpr std::size_t usual_length = 8;

/// How much of an agent's error is shown, in characters.
constexpr std::size_t most_of_an_error = 48;

/// The items of a list, which must be valid JSON, unchanged.
std::vector<std::string> items_of(std::string_view list) {
  std::vector<std::string> out;
  std::size_t depth = 0;
  std::size_t begin = 0;
  bool in_string = false;
  auto end_item = [&](std::size_t end) {
    auto item = list.substr(begin, end - begin);
    auto first = item.find_first_not_of(" \t\r\n");
    if (first != item.npos)
      out.emplace_back(item.substr(first));
    begin = end + 1;
  };
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto c = list[i];
    if (in_string && c == '\\')
      ++i;
    else if (c == '"')
      in_string = !in_string;
    else if (in_string)
      continue;
    else if ((c == '[' || c == '{') && depth++ == 0)
      begin = i + 1;
    else if ((c == ']' || c == '}') && --depth == 0)
      end_item(i);
    else if (c == ',' && depth == 1)
      end_item(i);
  }
  return out;
}

std::string or_dash(std::string text) {
  return text.empty() ? "-" : std::move(text);
}

std::int64_t count_member(const json& x, const char* name) {
  auto member = x.find(name);
  return member != x.end() && member->is_number_integer()
             ? member->get<std::int64_t>()
             : 0;
}

/// `1 of 3`.
std::string attempt_of(const json& row) {
  return std::to_string(count_member(row, "attempt")) + " of "
         + std::to_string(count_member(row, "max_attempts"));
}

std::string time_of(const json& x, const char* name) {
  auto at = parse_iso8601(text_member(x, name));
  return at ? to_iso8601_seconds(*at) : "-";
}

/// `0.3s`, `3m 12s`; a dash if the dispatch has not ended.
std::string time_taken(const json& row) {
  auto from = parse_iso8601(text_member(row, "created_at"));
  auto to = parse_iso8601(text_member(row, "ended_at"));
  if (!from || !to)
    return "-";
  auto took = std::max(*to - *from, std::chrono::microseconds{0});
  if (took < std::chrono::seconds{10}) {
    auto tenths = std::chrono::duration<double>{took}.count() * 10;
    return format_number(std::round(tenths) / 10) + "s";
  }
  return format_age(std::chrono::duration_cast<std::chrono::seconds>(took));
}

/// The first line of `text`, cut between words if it is long.
std::string first_words(std::string_view text) {
  auto first = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  text.remove_prefix(first);
  text = text.substr(0, text.find_first_of("\r\n"));
  if (count_code_points(text) <= most_of_an_error)
    return std::string{text};
  auto end = first_code_points(text, most_of_an_error).size();
  // A single long word is cut as it is.
  auto space = text.substr(0, end).rfind(' ');
  if (space != text.npos && space > 0)
    end = space;
  return std::string{text.substr(0, end)} + " …";
}

/// An agent's own words say more than the reason `task_failed`; the class of
/// the failure goes before them.
std::string reason_of(const json& row) {
  auto reason = text_member(row, "reason");
  auto error = first_words(text_member(row, "error"));
  auto failure = text_member(row, "failure");
  if (!failure.empty())
    return error.empty() ? failure : failure + ": " + error;
  return reason.empty() || (reason == "task_failed" && !error.empty()) ? error
                                                                       : reason;
}

/// A cell on one line, safe to print.
std::string shown(std::string text) {
  return or_dash(printable(without_controls(text)));
}

} // namespace

result<dispatch_page> parse_dispatch_page(std::string_view body) {
  auto fields = json_fields::parse(body, page_fields, max_wrapped_json_depth);
  if (!fields)
    return fields.error();
  const auto& list = fields->find("dispatches");
  if (list.kind != json_kind::array)
    return failure{errc::invalid_message, "it has no list of dispatches"};
  dispatch_page out;
  out.rows = items_of(list.text);
  if (const auto& next = fields->find("next"); next.kind == json_kind::string)
    out.next = next.text;
  return out;
}

std::size_t short_id_length(std::span<const std::string> ids) {
  std::size_t longest = 0;
  for (const auto& id : ids)
    longest = std::max(longest, id.size());
  std::set<std::string_view> all{ids.begin(), ids.end()};
  for (auto length = usual_length; length < longest; ++length) {
    std::set<std::string_view> ends;
    for (std::string_view id : all)
      ends.insert(id.substr(id.size() - std::min(length, id.size())));
    if (ends.size() == all.size())
      return length;
  }
  return std::max(longest, usual_length);
}

std::string dispatch_table(std::span<const std::string> rows) {
  std::vector<json> parsed;
  std::vector<std::string> ids;
  for (const auto& text : rows) {
    auto row = protocol::parse_json_document(text, max_wrapped_json_depth);
    if (!row.is_object())
      continue;
    ids.push_back(text_member(row, "message_id"));
    parsed.push_back(std::move(row));
  }
  auto length = short_id_length(ids);
  text_table out{
      {"ID", "AGENT", "STATE", "ATTEMPT", "CREATED", "TOOK", "REASON"}};
  for (std::size_t i = 0; i < parsed.size(); ++i) {
    const auto& row = parsed[i];
    const auto& id = ids[i];
    out.add({shown(id.substr(id.size() - std::min(length, id.size()))),
             shown(text_member(row, "agent_id")),
             shown(text_member(row, "state")), attempt_of(row),
             time_of(row, "created_at"), time_taken(row),
             shown(reason_of(row))});
  }
  return out.str();
}

std::string history_table(std::string_view history) {
  auto list = protocol::parse_json_document(history, max_wrapped_json_depth);
  text_table out{{"TIME", "STEP", "ATTEMPT", "REASON"}};
  if (!list.is_array())
    return out.str();
  for (const auto& step : list)
    if (step.is_object())
      out.add({shown(text_member(step, "at")), shown(text_member(step, "what")),
               std::to_string(count_member(step, "attempt")),
               shown(reason_of(step))});
  return out.str();
}

} // namespace bridgekeeper::app
