#pragma once

#include "app/console/console_session.hpp"
#include "app/console/terms.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace bridgekeeper::console {

/// What a command's first argument names: what completes it.
enum class operand : std::uint8_t {
  none,
  agent,
  /// An agent, or `all`.
  agents,
  agent_or_dispatch,
  core_actor,
  log_level,
};

/// A command that the daemon carries out. To add one, add a row to the table in
/// console_commands.cpp and a member to `console_session_state`; help and
/// completion follow from the row.
struct console_command {
  std::string_view name;
  /// The arguments as help shows them.
  std::string_view arguments;
  std::string_view help;
  /// The numbers of arguments that it takes.
  std::size_t least;
  std::size_t most;
  operand names;
  void (console_session_state::*run)(const console_session_state::words&,
                                     console_session_state::answer);
};

/// All commands, in the order in which help lists them. Any thread.
[[nodiscard]] std::span<const console_command> console_commands() noexcept;

/// Null if there is no such command.
[[nodiscard]] const console_command*
find_command(std::string_view name) noexcept;

/// The words of a line.
[[nodiscard]] console_session_state::words split(const std::string& line);

} // namespace bridgekeeper::console
