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

/// `connected`, or `connected, cordoned`.
std::string status_of(const json& view) {
  auto out = text_member(view, "status");
  auto cordoned = view.find("cordoned");
  return cordoned != view.end() && *cordoned == true ? out + ", cordoned" : out;
}

/// How many dispatches the agent's bridge takes at a time.
std::string slots_of(const json& view) {
  auto slots = view.find("slots");
  return slots != view.end() && slots->is_number_integer() ? slots->dump()
                                                           : "1";
}

/// `gpu=a100, site=lab`, as `dispatch --require` takes them.
std::string labels_of(const json& view) {
  std::string out;
  auto labels = view.find("labels");
  if (labels == view.end() || !labels->is_object())
    return out;
  for (const auto& [key, value] : labels->items())
    if (value.is_string())
      out += (out.empty() ? "" : ", ") + key + "=" + value.get<std::string>();
  return out;
}

/// Whether any agent has more than one slot, or any labels. The others need no
/// column for that.
struct wide_columns {
  bool slots = false;
  bool labels = false;
};

wide_columns columns_of(const json& list) {
  wide_columns out;
  for (const auto& view : list) {
    if (!view.is_object())
      continue;
    out.slots = out.slots || slots_of(view) != "1";
    out.labels = out.labels || !labels_of(view).empty();
  }
  return out;
}

std::vector<std::string> make_row(const json& view, timestamp now,
                                  const agent_tasks& tasks,
                                  const wide_columns& more) {
  auto since = [&](const char* name) {
    return age_since(text_member(view, name), now);
  };
  auto agent = text_member(view, "agent_id");
  auto seen = since("last_heartbeat");
  std::vector<std::string> out{cell(agent),
                               cell(status_of(view)),
                               since("connected_at"),
                               seen == "-" ? seen : seen + " ago",
                               cell(task_of(agent, tasks, now)),
                               cell(text_member(view, "workdir")),
                               cell(list_of(view, "capabilities"))};
  if (more.slots)
    out.push_back(slots_of(view));
  if (more.labels)
    out.push_back(cell(labels_of(view)));
  return out;
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
  if (!list.is_array())
    list = json::array();
  auto more = columns_of(list);
  std::vector<std::string> heading{"AGENT",          "STATUS", "SINCE",
                                   "LAST HEARTBEAT", "TASK",   "WORKDIR",
                                   "CAPABILITIES"};
  if (more.slots)
    heading.emplace_back("SLOTS");
  if (more.labels)
    heading.emplace_back("LABELS");
  text_table out{std::move(heading)};
  for (const auto& view : list)
    if (view.is_object())
      out.add(make_row(view, now, tasks, more));
  return out.str();
}

} // namespace bridgekeeper::app
