#include "app/client/agent_table.hpp"

#include "app/text/text_table.hpp"
#include "app/text/utf8_text.hpp"
#include "protocol/json_document.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace bridgekeeper::app {

namespace {

using nlohmann::json;
using protocol::text_member;

/// One line of a cell: a tab or a line feed would break the table.
std::string cell(std::string_view text) {
  auto out = printable(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '\n' || c == '\t'; },
      ' ');
  return out.empty() ? "-" : out;
}

std::string list_of(const json& view, const char* name) {
  std::string out;
  auto member = view.find(name);
  if (member == view.end() || !member->is_array())
    return out;
  for (const auto& item : *member) {
    if (item.is_string())
      out += (out.empty() ? "" : ", ") + item.get<std::string>();
  }
  return out;
}

std::string age_since(std::string_view text, timestamp now) {
  auto at = parse_iso8601(text);
  if (!at)
    return "-";
  auto age = std::chrono::duration_cast<std::chrono::seconds>(now - *at);
  // The daemon's clock may be a little ahead of ours.
  return format_age(std::max(age, std::chrono::seconds{0}));
}

/// `idle`, or `running for 12s: 8824ff37-…`.
std::string task_of(const std::string& agent, const agent_tasks& tasks,
                    timestamp now) {
  auto pos = tasks.find(agent);
  if (pos == tasks.end())
    return "-";
  const auto& task = pos->second;
  if (task.status != "dispatched" && task.status != "running")
    return "idle";
  return task.status + " for " + age_since(task.dispatched_at, now) + ": "
         + task.message_id;
}

std::vector<std::string> make_row(const json& view, timestamp now,
                                  const agent_tasks& tasks) {
  auto since = [&](const char* name) {
    return age_since(text_member(view, name), now);
  };
  auto agent = text_member(view, "agent_id");
  auto seen = since("last_heartbeat");
  return {cell(agent),
          cell(text_member(view, "status")),
          since("connected_at"),
          seen == "-" ? seen : seen + " ago",
          cell(task_of(agent, tasks, now)),
          cell(text_member(view, "workdir")),
          cell(list_of(view, "capabilities"))};
}

} // namespace

std::string format_age(std::chrono::seconds age) {
  struct unit {
    char name;
    std::int64_t seconds;
  };
  constexpr std::array<unit, 4> units{
      {{'d', 86'400}, {'h', 3600}, {'m', 60}, {'s', 1}}};
  auto rest = age.count();
  std::size_t first = 0;
  while (first + 1 < units.size() && rest < units[first].seconds)
    ++first;
  auto part = [&rest](const unit& x) {
    auto count = rest / x.seconds;
    rest %= x.seconds;
    return std::to_string(count) + x.name;
  };
  auto out = part(units[first]);
  if (first + 1 < units.size())
    out += ' ' + part(units[first + 1]);
  return out;
}

std::vector<std::string> connected_agents(std::string_view agents) {
  auto list = protocol::parse_json_document(agents, max_wrapped_json_depth);
  std::vector<std::string> out;
  if (list.is_array()) {
    for (const auto& view : list) {
      if (view.is_object() && text_member(view, "status") == "connected")
        out.push_back(text_member(view, "agent_id"));
    }
  }
  return out;
}

std::string agent_table(std::string_view agents, timestamp now,
                        const agent_tasks& tasks) {
  auto list = protocol::parse_json_document(agents, max_wrapped_json_depth);
  text_table out{{"AGENT", "STATUS", "SINCE", "LAST HEARTBEAT", "TASK",
                  "WORKDIR", "CAPABILITIES"}};
  if (list.is_array()) {
    for (const auto& view : list) {
      if (view.is_object())
        out.add(make_row(view, now, tasks));
    }
  }
  return out.str();
}

} // namespace bridgekeeper::app
