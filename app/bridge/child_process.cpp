#include "app/bridge/child_process.hpp"

#include <boost/asio/write.hpp>

#include <csignal>
#include <sys/wait.h>
#include <utility>

namespace bridgekeeper::app {

namespace asio = boost::asio;
using boost::system::error_code;

child_process::child_process(asio::io_context& context, child_reaper& reaper,
                             handlers callbacks)
  : context_(context), reaper_(reaper), handlers_(std::move(callbacks)),
    input_(context), grace_(context), group_check_(context) {}

std::error_code child_process::start(const shell_command& command,
                                     std::string input) {
  std::error_code ec;
  auto process = spawn(command, ec);
  if (ec)
    return ec;
  pid_ = process.pid;
  reaper_.watch(
      pid_, [self = shared_from_this()](int status) { self->on_exit(status); });
  // The readers belong to this object, so capturing `shared_from_this()` would
  // create a cycle. `this` is safe because finish() stops the readers, and the
  // callbacks in the reaper and the timers keep this object alive until then.
  auto on_pipe_end = [this] {
    --open_pipes_;
    finish_when_quiet();
  };
  stdout_ = std::make_shared<pipe_reader>(
      context_, process.output,
      pipe_reader::handlers{[this](auto x) { handlers_.on_stdout(x); },
                            on_pipe_end});
  stderr_ = std::make_shared<pipe_reader>(
      context_, process.errors,
      pipe_reader::handlers{[this](auto x) { handlers_.on_stderr(x); },
                            on_pipe_end});
  stdout_->start();
  stderr_->start();
  input_.assign(process.input);
  feed(std::move(input));
  return {};
}

void child_process::pause() {
  if (!exited_ && stdout_)
    stdout_->pause();
}

void child_process::resume() {
  if (stdout_)
    stdout_->resume();
}

void child_process::terminate() {
  if (terminating_ || finished_ || pid_ < 0)
    return;
  terminating_ = true;
  kill_at_ = std::chrono::steady_clock::now() + kill_delay;
  // A command that handles the signal may write more output, and must not block
  // on a full pipe.
  resume();
  if (signal_group(SIGTERM))
    return watch_group();
  terminating_ = false;
  finish_when_quiet();
}

void child_process::kill() {
  if (finished_ || pid_ < 0)
    return;
  terminate();
  kill_at_ = {};
}

/// Writes the task to the process's standard input and closes it. Write errors
/// are ignored, because the command does not have to read its input.
void child_process::feed(std::string input) {
  auto text = std::make_shared<std::string>(std::move(input));
  asio::async_write(input_, asio::buffer(*text),
                    [self = shared_from_this(), text](error_code, std::size_t) {
                      error_code ignored;
                      self->input_.close(ignored);
                    });
}

void child_process::on_exit(int wait_status) {
  exited_ = true;
  if (WIFSIGNALED(wait_status))
    end_.signal = WTERMSIG(wait_status);
  else
    end_.status = WEXITSTATUS(wait_status);
  // Read the rest of the pipe, even if paused. The rest is limited by the
  // pipe's capacity unless a background process keeps writing.
  resume();
  grace_.expires_after(output_grace);
  grace_.async_wait([self = shared_from_this()](error_code ec) {
    if (ec)
      return;
    self->open_pipes_ = 0;
    self->finish_when_quiet();
  });
  finish_when_quiet();
}

/// After `terminate`: polls until the group is empty, or kills it when its time
/// is up. Polling is needed because the group may contain processes that are
/// not children of this process.
void child_process::watch_group() {
  group_check_.expires_after(std::chrono::milliseconds{20});
  group_check_.async_wait([self = shared_from_this()](error_code ec) {
    if (ec)
      return;
    auto too_late = std::chrono::steady_clock::now() >= self->kill_at_;
    if (self->signal_group(too_late ? SIGKILL : 0) && !too_late)
      return self->watch_group();
    self->terminating_ = false;
    self->finish_when_quiet();
  });
}

void child_process::finish_when_quiet() {
  if (exited_ && open_pipes_ == 0 && !terminating_)
    finish();
}

void child_process::finish() {
  if (std::exchange(finished_, true))
    return;
  // Cancelling the operations below releases the references to this object.
  auto keep = shared_from_this();
  error_code ignored;
  grace_.cancel();
  group_check_.cancel();
  input_.close(ignored);
  stdout_->stop();
  stderr_->stop();
  handlers_.on_end(end_);
}

/// Sends a signal to the group; 0 sends none. Returns whether the group still
/// has members.
bool child_process::signal_group(int number) const {
  return ::kill(-pid_, number) == 0;
}

} // namespace bridgekeeper::app
