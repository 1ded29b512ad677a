#include "app/console/console_prompt.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <editline/readline.h>
#include <iostream>
#include <memory>
#include <optional>
#include <string_view>
#include <termios.h>
#include <unistd.h>

namespace bridgekeeper::console {

namespace {

constexpr const char* prompt = "bridgekeeper> ";
constexpr int history_length = 500;

/// editline passes no context to its callbacks, so these are theirs.
const prompt_handlers* current = nullptr;
std::vector<std::string> candidates;
bool is_discarded = false;

/// editline calls this function with an increasing `state` until it returns
/// null, and frees the results.
char* next_completion(const char*, int state) {
  auto index = static_cast<std::size_t>(state);
  return index < candidates.size() ? strdup(candidates[index].c_str())
                                   : nullptr;
}

char** complete(const char* text, int start, int end) {
  constexpr std::string_view leave = "quit";
  // Otherwise, editline would complete names of files.
  rl_attempted_completion_over = 1;
  std::string line{rl_line_buffer};
  candidates = current->complete(line.substr(0, static_cast<std::size_t>(end)));
  if (start == 0 && leave.starts_with(text))
    candidates.emplace_back(leave);
  return candidates.empty() ? nullptr
                            : rl_completion_matches(text, next_completion);
}

/// Ends the line without a result, as Ctrl-C does in a shell.
int discard_line(int, int) {
  is_discarded = true;
  rl_done = 1;
  return 0;
}

/// During the lifetime of this object, the terminal passes Ctrl-C and Ctrl-D on
/// as characters. editline could not tell the signal of Ctrl-C from the end of
/// the input, but hands the character to `discard_line`. A Ctrl-D that is typed
/// after editline has shown the prompt and before it begins to read would be
/// lost: when its mode changes, the terminal turns a waiting end of input into
/// a zero. While a command runs, both keys have their usual meaning.
class keys_as_characters {
public:
  keys_as_characters() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0)
      return;
    auto changed = before_;
    changed.c_cc[VINTR] = _POSIX_VDISABLE;
    changed.c_cc[VEOF] = _POSIX_VDISABLE;
    is_changed_ = tcsetattr(STDIN_FILENO, TCSADRAIN, &changed) == 0;
  }

  ~keys_as_characters() {
    if (is_changed_)
      tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }

  keys_as_characters(const keys_as_characters&) = delete;
  keys_as_characters& operator=(const keys_as_characters&) = delete;

private:
  termios before_{};
  bool is_changed_ = false;
};

/// The next line; nothing at the end of the input. Ctrl-C counts for the
/// command that the line begins only if it was typed after the line.
std::optional<std::string> read_line(interrupt_watch& watch) {
  for (;;) {
    is_discarded = false;
    std::unique_ptr<char, decltype(&std::free)> line{nullptr, &std::free};
    {
      keys_as_characters guard;
      watch.forget();
      line.reset(readline(prompt));
    }
    if (line)
      return std::string{line.get()};
    if (is_discarded)
      std::cout << "^C";
    std::cout << std::endl;
    if (!is_discarded)
      return std::nullopt;
  }
}

void prepare_editline() {
  constexpr int ctrl_c = 3;
  rl_initialize();
  rl_attempted_completion_function = complete;
  rl_add_defun("discard-line", discard_line, ctrl_c);
  using_history();
  stifle_history(history_length);
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
void read_plain(const prompt_handlers& handlers) {
  for (std::string line; std::getline(std::cin, line);)
    if (wants_to_leave(line) || !handlers.act(line, nullptr))
      return;
}

} // namespace

void prompt_for_commands(const prompt_handlers& handlers) {
  if (!prompts_a_person())
    return read_plain(handlers);
  current = &handlers;
  prepare_editline();
  auto path = history_path();
  if (!path.empty())
    read_history(path.c_str());
  // It must exist when the terminal's mode changes back: without it, the key
  // would end the process.
  interrupt_watch watch;
  while (auto line = read_line(watch)) {
    if (wants_to_leave(*line))
      break;
    if (!line->empty())
      remember(*line, path);
    if (!handlers.act(*line, &watch))
      break;
  }
  current = nullptr;
}

bool prompts_a_person() {
  return isatty(STDIN_FILENO) != 0;
}

} // namespace bridgekeeper::console
