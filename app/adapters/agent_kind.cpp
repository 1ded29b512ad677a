#include "app/adapters/agent_kind.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace bridgekeeper::app {

namespace {

constexpr std::array<std::pair<agent_kind, std::string_view>, 6> kind_names{{
    {agent_kind::command, "command"},
    {agent_kind::claude, "claude"},
    {agent_kind::codex, "codex"},
    {agent_kind::gemini, "gemini"},
    {agent_kind::opencode, "opencode"},
    {agent_kind::aider, "aider"},
}};

} // namespace

std::string_view to_string(agent_kind x) noexcept {
  auto i = std::ranges::find(kind_names, x,
                             &decltype(kind_names)::value_type::first);
  return i != kind_names.end() ? i->second : "unknown";
}

std::optional<agent_kind> to_agent_kind(std::string_view name) noexcept {
  auto i = std::ranges::find(kind_names, name,
                             &decltype(kind_names)::value_type::second);
  return i != kind_names.end() ? std::optional{i->first} : std::nullopt;
}

} // namespace bridgekeeper::app
