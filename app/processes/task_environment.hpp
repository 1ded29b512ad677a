#pragma once

#include "app/files/environment.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bridgekeeper::app {

/// How the environment of tasks differs from that of the bridge.
struct environment_rules {
  /// Names of variables that tasks do not get. A `*` at the end stands for any
  /// rest.
  std::vector<std::string> unset;
  /// Variables that tasks get in any case (`--env-file`).
  environment_map set;
};

/// The environment of tasks. In ascending precedence: the bridge's variables
/// and settings for programs without a terminal, except those that the rules
/// unset; the variables that the rules set; PWD; the task's own variables. The
/// bridge's variables are passed on without the tokens, those that its service
/// manager and its own trace have set, and those by which coding agents
/// recognize that they run inside another agent. Immutable.
class task_environment {
public:
  using variables = std::vector<std::pair<std::string, std::string>>;

  task_environment(environment_map base, const environment_rules& rules);

  /// NAME=VALUE entries, sorted by name, for a task in `workdir`. `own` are the
  /// task's own variables.
  [[nodiscard]] std::vector<std::string> for_task(const std::string& workdir,
                                                  const variables& own) const;

private:
  environment_map variables_;
};

/// Whether `pattern`, a name or the beginning of names followed by `*`, applies
/// to `name`.
[[nodiscard]] bool matches_variable(std::string_view pattern,
                                    std::string_view name) noexcept;

} // namespace bridgekeeper::app
