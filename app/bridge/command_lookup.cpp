#include "app/bridge/command_lookup.hpp"

#include "app/adapters/agent_program.hpp"
#include "app/adapters/shell_words.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <unistd.h>

namespace bridgekeeper::app {

namespace {

namespace fs = std::filesystem;

/// The commands that a shell carries out itself and that may begin a task.
constexpr std::array<std::string_view, 17> builtins{
    ".",      ":",    "[",    "cd",     "command", "echo",
    "eval",   "exec", "exit", "export", "printf",  "read",
    "return", "set",  "test", "ulimit", "umask"};

std::string_view value_of(std::span<const std::string> environment,
                          std::string_view name) {
  for (std::string_view entry : environment)
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('='))
      return entry.substr(name.size() + 1);
  return {};
}

bool is_program(const fs::path& file) {
  std::error_code ignored;
  return fs::is_regular_file(file, ignored)
         && ::access(file.c_str(), X_OK) == 0;
}

std::optional<std::string> find_program(const std::string& name,
                                        const fs::path& workdir,
                                        std::string_view path) {
  if (name.find('/') != name.npos) {
    auto file = workdir / name;
    return is_program(file) ? std::optional{file.string()} : std::nullopt;
  }
  while (!path.empty()) {
    auto end = std::min(path.find(':'), path.size());
    // An empty item means the current directory.
    auto file = workdir / path.substr(0, end) / name;
    if (is_program(file))
      return file.string();
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return std::nullopt;
}

/// The word that names the program that matters; nothing if there is none.
const shell_word* program_in(std::span<const shell_word> words) {
  if (auto agent = find_agent(words))
    return &words[agent->word];
  auto first = std::find_if_not(words.begin(), words.end(), [](const auto& x) {
    return is_assignment(x.text);
  });
  return first != words.end() ? &*first : nullptr;
}

} // namespace

found_command look_up_command(std::string_view command,
                              const std::string& workdir,
                              std::span<const std::string> environment) {
  auto words = split_simple_command(command);
  const auto* word = words ? program_in(*words) : nullptr;
  // Only the shell knows what a variable or a tilde stands for.
  if (word == nullptr || word->text.find_first_of("$~") != std::string::npos)
    return {};
  if (auto file =
          find_program(word->text, workdir, value_of(environment, "PATH")))
    return {*file, {}};
  if (std::find(builtins.begin(), builtins.end(), word->text) != builtins.end())
    return {};
  return {{}, word->text};
}

} // namespace bridgekeeper::app
