#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bridgekeeper::app {

/// The programs whose output a bridge understands. `command` is any other
/// program: its lines are progress, and all of its output is the answer.
enum class agent_kind : std::uint8_t {
  command,
  claude,
  codex,
  gemini,
  opencode,
  aider,
};

/// The name of the kind, as `--agent` takes it.
[[nodiscard]] std::string_view to_string(agent_kind x) noexcept;

[[nodiscard]] std::optional<agent_kind>
to_agent_kind(std::string_view name) noexcept;

} // namespace bridgekeeper::app
