#include "app/processes/task_environment.hpp"

#include "app/processes/secrets.hpp"
#include "app/systemd/service_notifier.hpp"

#include <algorithm>
#include <array>

namespace bridgekeeper::app {

namespace {

/// Set by coding agents and editors for the programs that they run. An agent
/// that finds them may refuse to start, or connect to its supposed parent. The
/// list is explicit, because many variables with the same prefixes are settings
/// of the user, such as CLAUDE_CODE_OAUTH_TOKEN or CODEX_HOME.
constexpr std::array<std::string_view, 14> nesting_variables{
    "CLAUDECODE",
    "CLAUDE_CODE_CHILD_SESSION",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_CODE_SESSION_ID",
    "CLAUDE_CODE_SSE_PORT",
    "CLAUDE_EFFORT",
    "CLAUDE_PROJECT_DIR",
    "CODEX_SANDBOX*",
    "CODEX_THREAD_ID",
    "GEMINI_CLI",
    "GEMINI_CLI_IDE_*",
    "VSCODE_*",
    "TMUX",
    "TMUX_PANE",
};

/// For programs without a terminal: no questions and no colours.
constexpr std::array<std::pair<const char*, const char*>, 2> plain_output{
    {{"NO_COLOR", "1"}, {"TERM", "dumb"}}};

/// A task belongs to the trace of its dispatch, not to that of its bridge.
bool names_trace(std::string_view name) {
  return name == "TRACEPARENT" || name == "TRACESTATE";
}

bool marks_nesting(std::string_view name) {
  return std::any_of(
      nesting_variables.begin(), nesting_variables.end(),
      [name](auto pattern) { return matches_variable(pattern, name); });
}

} // namespace

task_environment::task_environment(environment_map base,
                                   const environment_rules& rules)
  : variables_(std::move(base)) {
  std::erase_if(variables_, [](const auto& x) {
    return is_secret_entry(x.first) || is_service_variable(x.first)
           || names_trace(x.first) || marks_nesting(x.first);
  });
  variables_.emplace("GIT_TERMINAL_PROMPT", "0");
  for (const auto& [name, value] : plain_output)
    variables_.insert_or_assign(name, value);
  for (const auto& pattern : rules.unset)
    std::erase_if(variables_, [&](const auto& x) {
      return matches_variable(pattern, x.first);
    });
  for (const auto& [name, value] : rules.set)
    variables_.insert_or_assign(name, value);
}

std::vector<std::string>
task_environment::for_task(const std::string& workdir,
                           const variables& own) const {
  auto all = variables_;
  all.insert_or_assign("PWD", workdir);
  all.erase("OLDPWD");
  for (const auto& [name, value] : own)
    all.insert_or_assign(name, value);
  std::vector<std::string> out;
  out.reserve(all.size());
  for (const auto& [name, value] : all)
    out.push_back(name + '=' + value);
  return out;
}

bool matches_variable(std::string_view pattern,
                      std::string_view name) noexcept {
  if (pattern.ends_with('*'))
    return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return name == pattern;
}

} // namespace bridgekeeper::app
