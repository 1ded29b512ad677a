#include "app/processes/child_process.hpp"

#include "app/processes/memory_file.hpp"
#include "app/processes/start_failure.hpp"

#include <boost/asio/post.hpp>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/wait.h>
#include <utility>

namespace bridgekeeper::app {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

struct pipe_ends {
  owned_fd read;
  owned_fd write;
};

/// Both ends close on exec. Only the bridge's end is non-blocking.
bool open_pipe(pipe_ends& out) {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0)
    return false;
  out.read.reset(fds[0]);
  out.write.reset(fds[1]);
  return ::fcntl(out.read.get(), F_SETFL, O_NONBLOCK) == 0;
}

} // namespace

child_process::child_process(asio::io_context& context,
                             task_supervisor& supervisor, handlers callbacks)
  : context_(context), supervisor_(supervisor), handlers_(std::move(callbacks)),
    grace_(context) {}

void child_process::start(const shell_command& command, std::string input) {
  if (!input.empty() && input.back() != '\n')
    input += '\n';
  // A file, not a pipe: a bridge that is killed while it writes would leave the
  // command with half of its task.
  auto in = memory_file(input);
  pipe_ends out;
  pipe_ends err;
  if (!in.valid() || !open_pipe(out) || !open_pipe(err)) {
    auto why =
        describe_start_failure(start_stage::process, errno, command.workdir);
    asio::post(context_,
               [self = shared_from_this(), why] { self->on_failed(why); });
    return;
  }
  // The readers belong to this object, so capturing `shared_from_this()` would
  // create a cycle. `this` is safe because finish() stops the readers, and the
  // callbacks in the supervisor and the timer keep this object alive until
  // then.
  auto on_pipe_end = [this] {
    --open_pipes_;
    finish_when_quiet();
  };
  stdout_ = std::make_shared<pipe_reader>(
      context_, out.read.take(),
      pipe_reader::handlers{[this](auto x) { handlers_.on_stdout(x); },
                            on_pipe_end});
  stderr_ = std::make_shared<pipe_reader>(
      context_, err.read.take(),
      pipe_reader::handlers{[this](auto x) { handlers_.on_stderr(x); },
                            on_pipe_end});
  auto self = shared_from_this();
  ticket_ = supervisor_.start(
      command, {std::move(in), std::move(out.write), std::move(err.write)},
      {[self](std::string why) { self->on_failed(std::move(why)); },
       [self](int status) { self->on_exited(status); },
       [self](std::string why) { self->on_lost(std::move(why)); },
       [self] { self->on_gone(); }});
  stdout_->start();
  stderr_->start();
}

void child_process::pause() {
  if (exited_)
    return;
  for (const auto& pipe : {stdout_, stderr_})
    if (pipe)
      pipe->pause();
}

void child_process::resume() {
  for (const auto& pipe : {stdout_, stderr_})
    if (pipe)
      pipe->resume();
}

void child_process::terminate() {
  if (gone_ || ticket_ == 0 || std::exchange(ending_, true))
    return;
  // A command that handles the signal may write more output, and must not block
  // on a full pipe.
  resume();
  supervisor_.end(ticket_);
}

void child_process::kill() {
  terminate();
  if (!gone_ && ticket_ != 0)
    supervisor_.kill(ticket_);
}

bool child_process::has_exited() const {
  return exited_ || (ticket_ != 0 && supervisor_.has_exited(ticket_));
}

void child_process::on_failed(std::string why) {
  end_.problem = std::move(why);
  finish();
}

void child_process::on_exited(int wait_status) {
  exited_ = true;
  if (WIFSIGNALED(wait_status))
    end_.signal = WTERMSIG(wait_status);
  else
    end_.status = WEXITSTATUS(wait_status);
  limit_output();
  finish_when_quiet();
}

void child_process::on_lost(std::string why) {
  ending_ = true;
  resume();
  // A command that had exited before has done its work.
  if (exited_)
    return;
  end_.problem = std::move(why);
  end_.lost_supervisor = true;
}

void child_process::on_gone() {
  gone_ = true;
  // Only a supervisor that died has not reported the exit.
  if (!std::exchange(exited_, true))
    limit_output();
  finish_when_quiet();
}

/// Reads the rest of the pipes, even if paused, but not for longer than the
/// grace. The rest is limited by the pipe's capacity unless a background
/// process keeps writing.
void child_process::limit_output() {
  resume();
  grace_.expires_after(output_grace);
  grace_.async_wait([self = shared_from_this()](error_code ec) {
    if (ec)
      return;
    self->open_pipes_ = 0;
    self->finish_when_quiet();
  });
}

void child_process::finish_when_quiet() {
  if (!exited_ || open_pipes_ > 0)
    return;
  if (!gone_ && !ending_ && supervisor_.leftover_policy() == leftovers::keep) {
    gone_ = true;
    supervisor_.forget(ticket_);
  }
  if (!gone_)
    return terminate();
  finish();
}

void child_process::finish() {
  if (std::exchange(finished_, true))
    return;
  // Cancelling the operations below releases the references to this object.
  auto keep = shared_from_this();
  gone_ = true;
  exited_ = true;
  grace_.cancel();
  if (stdout_)
    stdout_->stop();
  if (stderr_)
    stderr_->stop();
  handlers_.on_end(end_);
}

} // namespace bridgekeeper::app
