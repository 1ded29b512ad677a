#pragma once

#include "app/adapters/agent_kind.hpp"
#include "app/adapters/shell_words.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace bridgekeeper::app {

/// An agent that a simple command starts.
struct agent_program {
  agent_kind kind;
  /// The index of the word that names the program.
  std::size_t word;
};

/// Finds the agent behind assignments and programs that run another program:
/// `env`, `exec`, `nohup`, `nice`, `setsid`, `timeout`, `npx`, `bunx`. Returns
/// nothing if the program is not a known agent.
[[nodiscard]] std::optional<agent_program>
find_agent(std::span<const shell_word> words);

/// The kind of agent that `command` starts; `agent_kind::command` if the
/// command is not simple or its program is not a known agent.
[[nodiscard]] agent_kind guess_agent(std::string_view command);

} // namespace bridgekeeper::app
