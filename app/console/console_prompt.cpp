#include "app/console/console_prompt.hpp"

#include "domain/trimmed.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <editline/readline.h>
#include <iostream>
#include <memory>
#include <string_view>
#include <unistd.h>

namespace bridgekeeper::console {

namespace {

constexpr const char* prompt = "bridgekeeper> ";
constexpr int history_length = 500;

constexpr std::array command_names{
    "actors", "agent",   "agents",  "cordon",     "drain", "events",
    "evict",  "explain", "help",    "kill-actor", "log",   "pending",
    "quit",   "stats",   "threads", "uncordon",
};

/// The commands whose argument is an id.
constexpr std::array<std::string_view, 7> id_commands{
    "agent", "cordon", "drain", "events", "evict", "explain", "uncordon",
};

/// What the current completion chooses from. editline's callbacks take no
/// context, and there is one prompt.
std::vector<std::string>& candidates() {
  static std::vector<std::string> list;
  return list;
}

std::function<std::vector<std::string>()>& id_source() {
  static std::function<std::vector<std::string>()> source;
  return source;
}

/// editline calls this function with an increasing `state` until it returns
/// null, and frees the results.
char* next_completion(const char* text, int state) {
  static std::size_t position = 0;
  if (state == 0)
    position = 0;
  while (position < candidates().size()) {
    const auto& candidate = candidates()[position++];
    if (candidate.starts_with(text))
      return strdup(candidate.c_str());
  }
  return nullptr;
}

/// Whether the line before the word that begins at `start` is a command whose
/// argument is an id.
bool wants_id(std::string_view line, std::size_t start) {
  constexpr std::string_view blanks = " \t";
  auto verb = trimmed(line.substr(0, start), blanks);
  return std::find(id_commands.begin(), id_commands.end(), verb)
         != id_commands.end();
}

char** complete(const char* text, int start, int) {
  rl_attempted_completion_over = 1;
  if (start == 0)
    candidates().assign(command_names.begin(), command_names.end());
  else if (wants_id(rl_line_buffer, static_cast<std::size_t>(start)))
    candidates() = id_source()();
  else
    return nullptr;
  return rl_completion_matches(text, next_completion);
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

void prompt_for_commands(
    const std::function<bool(const std::string&)>& act,
    const std::function<std::vector<std::string>()>& list_ids) {
  if (!prompts_a_person())
    return read_plain(act);
  auto path = history_path();
  id_source() = list_ids;
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
