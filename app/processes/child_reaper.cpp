#include "app/processes/child_reaper.hpp"

#include <csignal>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <utility>

namespace bridgekeeper::app {

child_reaper::child_reaper(boost::asio::io_context& context)
  : signal_(context, SIGCHLD) {
  // If this call fails, orphans are reaped by process 1, as usual.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  await_signal();
}

void child_reaper::watch(pid_t pid, std::function<void(int)> on_exit) {
  watched_.insert_or_assign(pid, std::move(on_exit));
}

void child_reaper::await_signal() {
  signal_.async_wait([this](boost::system::error_code ec, int) {
    if (ec)
      return;
    await_signal();
    reap();
  });
}

void child_reaper::reap() {
  auto status = 0;
  // Signals are merged: one SIGCHLD may mean that several children have ended.
  for (auto pid = ::waitpid(-1, &status, WNOHANG); pid > 0;
       pid = ::waitpid(-1, &status, WNOHANG)) {
    if (auto entry = watched_.extract(pid))
      entry.mapped()(status);
  }
}

} // namespace bridgekeeper::app
