#include "app/client/secret_prompt.hpp"

#include "app/client/client_token.hpp"

#include <iostream>
#include <termios.h>
#include <unistd.h>

namespace bridgekeeper::app {

namespace {

/// Turns off the terminal's echo during the lifetime of this object.
class hidden_input {
public:
  hidden_input() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0)
      return;
    auto silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    // TCSAFLUSH also discards anything that was typed before the prompt.
    is_terminal_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
  }

  hidden_input(const hidden_input&) = delete;
  hidden_input& operator=(const hidden_input&) = delete;

  ~hidden_input() {
    if (is_terminal_)
      ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }

  [[nodiscard]] bool is_terminal() const noexcept {
    return is_terminal_;
  }

private:
  termios before_{};
  bool is_terminal_ = false;
};

} // namespace

std::string read_secret(const std::string& question) {
  hidden_input input;
  if (input.is_terminal())
    std::cerr << question << std::flush;
  std::string line;
  std::getline(std::cin, line);
  if (input.is_terminal())
    std::cerr << '\n';
  return first_token(line);
}

} // namespace bridgekeeper::app
