#include "app/console/console_prompt.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <editline/readline.h>
#include <iostream>
#include <memory>
#include <unistd.h>

namespace bridgekeeper::console {

namespace {

constexpr const char* prompt = "bridgekeeper> ";
constexpr int history_length = 500;

constexpr std::array command_names{
    "actors",  "agent", "agents", "cordon",     "drain",
    "events",  "evict", "help",   "kill-actor", "log",
    "pending", "quit",  "stats",  "threads",    "uncordon",
};

/// editline calls this function with an increasing `state` until it returns
/// null, and frees the results.
char* next_completion(const char* text, int state) {
  static std::size_t position = 0;
  if (state == 0)
    position = 0;
  while (position < command_names.size()) {
    auto candidate = command_names[position++];
    if (std::strncmp(candidate, text, std::strlen(text)) == 0)
      return strdup(candidate);
  }
  return nullptr;
}

char** complete(const char* text, int start, int) {
  rl_attempted_completion_over = 1;
  return start == 0 ? rl_completion_matches(text, next_completion) : nullptr;
}

std::string history_path() {
  auto home = std::getenv("HOME");
  return home != nullptr ? std::string{home} + "/.bridgekeeper_history"
                         : std::string{};
}

/// Saves the history after each line, so that it is not lost if the process is
/// interrupted or the terminal disappears.
void remember(const std::string& line, const std::string& path) {
  add_history(line.c_str());
  if (!path.empty())
    write_history(path.c_str());
}

bool wants_to_leave(const std::string& line) {
  return line == "quit" || line == "exit";
}

/// Reads commands that are piped in, one per line.
void read_plain(const std::function<bool(const std::string&)>& act) {
  for (std::string line; std::getline(std::cin, line);)
    if (wants_to_leave(line) || !act(line))
      return;
}

} // namespace

void prompt_for_commands(const std::function<bool(const std::string&)>& act) {
  if (!prompts_a_person())
    return read_plain(act);
  auto path = history_path();
  rl_initialize();
  rl_attempted_completion_function = complete;
  using_history();
  stifle_history(history_length);
  if (!path.empty())
    read_history(path.c_str());
  for (;;) {
    std::unique_ptr<char, decltype(&std::free)> line{readline(prompt),
                                                     &std::free};
    if (!line)
      break;
    std::string text{line.get()};
    if (wants_to_leave(text))
      break;
    if (!text.empty())
      remember(text, path);
    if (!act(text))
      break;
  }
}

bool prompts_a_person() {
  return isatty(STDIN_FILENO) != 0;
}

} // namespace bridgekeeper::console
