#include "app/console/console_commands.hpp"
#include "app/console/known_ids.hpp"

#include <array>
#include <iterator>
#include <string_view>
#include <utility>

namespace bridgekeeper::console {

namespace {

/// Nobody reads more, and each of them crosses the network layer.
constexpr std::size_t max_candidates = 500;

constexpr std::array<std::string_view, 6> drill_actors{
    "registry",          "dispatcher", "event-hub",
    "heartbeat-monitor", "supervisor", "audit-trail",
};

constexpr std::array<std::string_view, 6> log_levels{
    "trace", "debug", "info", "warning", "error", "off",
};

std::vector<std::string> joined(std::vector<std::string> x,
                                std::vector<std::string> y) {
  x.insert(x.end(), std::make_move_iterator(y.begin()),
           std::make_move_iterator(y.end()));
  return x;
}

/// The words that begin with `text`, one per line.
std::string lines_from(const auto& words, std::string_view text) {
  std::string out;
  std::size_t count = 0;
  for (const auto& word : words)
    if (std::string_view{word}.starts_with(text) && count++ < max_candidates)
      out += std::string{word} + '\n';
  return out;
}

} // namespace

caf::result<std::string>
console_session_state::on_complete(const std::string& line) {
  auto last = line.find_last_of(" \t");
  auto text = last == line.npos ? line : line.substr(last + 1);
  auto before = split(last == line.npos ? std::string{} : line.substr(0, last));
  if (before.empty()) {
    std::vector<std::string_view> names;
    for (const auto& x : console_commands())
      names.push_back(x.name);
    return lines_from(names, text);
  }
  const auto* command = find_command(before.front());
  if (command == nullptr || before.size() > 1)
    return std::string{};
  switch (command->names) {
  case operand::none:
    return std::string{};
  case operand::core_actor:
    return lines_from(drill_actors, text);
  case operand::log_level:
    return lines_from(log_levels, text);
  case operand::agent:
  case operand::agents:
  case operand::agent_or_dispatch:
    break;
  }
  auto promise = self->make_response_promise<std::string>();
  complete_id(text, command->names, promise);
  return promise;
}

void console_session_state::complete_id(const std::string& text, operand what,
                                        answer to) {
  with_core(to, [this, text, what, to](const core_handles& core) {
    with_ids(core, to,
             [text, what, to](const agent_list& agents,
                              const past_events& past) mutable {
               std::vector<std::string> found;
               if (what == operand::agents)
                 found.emplace_back("all");
               found = joined(std::move(found), agents_from(*agents, text));
               if (what == operand::agent_or_dispatch)
                 found = joined(std::move(found), dispatches_from(past, text));
               to.deliver(lines_from(found, text));
             });
  });
}

} // namespace bridgekeeper::console
