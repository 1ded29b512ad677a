#pragma once

#include "app/adapters/agent_kind.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

/// The command that a task runs.
struct agent_command {
  /// For the shell.
  std::string text;
  /// What was added to the user's command, as the shell reads it, for the log.
  std::vector<std::string> added = {};
  /// Whether the command continues the session that was asked for.
  bool continues_session = false;
};

/// Adds the flags with which `agent` prints events that a program can read,
/// unless the user has chosen another format, and those that continue
/// `session`, unless `session` is empty or the user has chosen a session. A
/// command that is not simple (see `split_simple_command`), starts another
/// program, or has a subcommand that does not take a task stays as it is. So
/// does every command of `agent_kind::command`: scripts find the session in
/// their environment.
///
/// `session` comes from an agent's output, by way of the daemon, so it is not
/// trusted: it is quoted, and ignored if it is longer than `max_label_length`,
/// contains control characters, or would mean something else to the agent than
/// an id.
[[nodiscard]] agent_command complete_command(agent_kind agent,
                                             std::string_view command,
                                             std::string_view session);

} // namespace bridgekeeper::app
