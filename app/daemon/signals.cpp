#include "app/daemon/signals.hpp"

#include "log/log_line.hpp"

#include <pthread.h>
#include <unistd.h>

namespace bridgekeeper::app {

namespace {

/// The name of a signal that the daemon ignores; null for other signals.
const char* name_of_ignored(int number) noexcept {
  switch (number) {
  case SIGUSR1:
    return "SIGUSR1";
  case SIGUSR2:
    return "SIGUSR2";
  case SIGQUIT:
    return "SIGQUIT";
  default:
    return nullptr;
  }
}

} // namespace

signal_queue::signal_queue() {
  sigemptyset(&set_);
  sigaddset(&set_, SIGTERM);
  sigaddset(&set_, SIGINT);
  sigaddset(&set_, SIGHUP);
  sigaddset(&set_, SIGUSR1);
  sigaddset(&set_, SIGUSR2);
  sigaddset(&set_, SIGQUIT);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  // write() reports the same errors: EPIPE, and EFBIG if a file has reached its
  // size limit.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

int signal_queue::wait(std::chrono::milliseconds time_out) const {
  auto whole = std::chrono::duration_cast<std::chrono::seconds>(time_out);
  auto rest = std::chrono::nanoseconds{time_out - whole};
  timespec limit{};
  limit.tv_sec = whole.count();
  limit.tv_nsec = rest.count();
  auto number = sigtimedwait(&set_, nullptr, &limit);
  if (auto name = name_of_ignored(number)) {
    log::warn("{} is ignored: SIGTERM stops the daemon, SIGHUP reloads its "
              "configuration",
              name);
    return 0;
  }
  return number > 0 ? number : 0;
}

void signal_queue::ask_to_stop() {
  kill(getpid(), SIGTERM);
}

} // namespace bridgekeeper::app
