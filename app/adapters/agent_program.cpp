#include "app/adapters/agent_program.hpp"

#include <algorithm>
#include <array>

namespace bridgekeeper::app {

namespace {

/// A program that runs another one.
struct wrapper {
  std::string_view name;
  /// Options, separated by blanks, whose value is the next word.
  std::string_view options_with_value;
  /// The number of words between the options and the other program.
  std::size_t operands = 0;
  bool runs_package = false;
};

constexpr std::array<wrapper, 8> wrappers{{
    {"env", " -u --unset -C --chdir "},
    {"exec", " -a "},
    {"nohup", ""},
    {"nice", " -n --adjustment "},
    {"setsid", ""},
    {"timeout", " -k --kill-after -s --signal ", 1},
    {"npx", " -p --package ", 0, true},
    {"bunx", " -p --package ", 0, true},
}};

struct known_program {
  std::string_view name;
  agent_kind kind;
  bool is_package = false;
};

constexpr std::array<known_program, 11> programs{{
    {"claude", agent_kind::claude},
    {"codex", agent_kind::codex},
    {"gemini", agent_kind::gemini},
    {"opencode", agent_kind::opencode},
    {"aider", agent_kind::aider},
    {"@anthropic-ai/claude-code", agent_kind::claude, true},
    {"@openai/codex", agent_kind::codex, true},
    {"@google/gemini-cli", agent_kind::gemini, true},
    {"opencode-ai", agent_kind::opencode, true},
    {"@opencode/cli", agent_kind::opencode, true},
    {"aider-chat", agent_kind::aider, true},
}};

std::string_view base_name(std::string_view path) {
  return path.substr(path.find_last_of('/') + 1);
}

/// A package without its version: `@openai/codex` for `@openai/codex@latest`.
std::string_view package_name(std::string_view word) {
  auto version = word.find('@', 1);
  return word.substr(0, std::min(version, word.size()));
}

std::optional<agent_kind> kind_of(std::string_view word, bool is_package) {
  auto name = is_package ? package_name(word) : base_name(word);
  for (const auto& x : programs)
    if (x.name == name && (is_package || !x.is_package))
      return x.kind;
  return std::nullopt;
}

bool takes_value(const wrapper& x, std::string_view option) {
  auto padded = " " + std::string{option} + " ";
  return x.options_with_value.find(padded) != std::string_view::npos;
}

/// The index of the first word after the wrapper's own.
std::size_t skip_wrapper(const wrapper& x, std::span<const shell_word> words,
                         std::size_t i) {
  while (i < words.size() && words[i].text.starts_with('-')) {
    if (words[i].text == "--") {
      ++i;
      break;
    }
    i += takes_value(x, words[i].text) ? 2 : 1;
  }
  return i + x.operands;
}

} // namespace

std::optional<agent_program> find_agent(std::span<const shell_word> words) {
  auto is_package = false;
  for (std::size_t i = 0; i < words.size();) {
    const auto& word = words[i].text;
    if (is_assignment(word)) {
      ++i;
      continue;
    }
    if (auto kind = kind_of(word, is_package))
      return agent_program{*kind, i};
    auto found = std::ranges::find(wrappers, base_name(word), &wrapper::name);
    if (found == wrappers.end() || is_package)
      return std::nullopt;
    is_package = found->runs_package;
    i = skip_wrapper(*found, words, i + 1);
  }
  return std::nullopt;
}

agent_kind guess_agent(std::string_view command) {
  auto words = split_simple_command(command);
  auto found = words ? find_agent(*words) : std::nullopt;
  return found ? found->kind : agent_kind::command;
}

} // namespace bridgekeeper::app
