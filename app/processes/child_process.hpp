#pragma once

#include "app/processes/pipe_reader.hpp"
#include "app/processes/task_supervisor.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// How a command ended.
struct process_end {
  /// The exit status, if the command exited.
  int status = 0;
  /// The signal that ended the command; 0 if none did.
  int signal = 0;
  /// A sentence, if the command could not be started or lost its supervisor.
  std::optional<std::string> problem = {};
  /// Whether `problem` says that the supervisor was lost. Unlike a command that
  /// could not be started, this one has run and may have printed its result.
  bool lost_supervisor = false;
};

/// One command and all processes that it has started. It ends when the shell
/// has exited, both output pipes have been closed and, unless leftovers are
/// kept, no process of the task is left. If a background process keeps a pipe
/// open, the wait for the pipes is limited to `output_grace`. Created with
/// `std::make_shared`; pending operations keep the object alive. Runs on the
/// thread of its `io_context`.
class child_process : public std::enable_shared_from_this<child_process> {
public:
  /// How long the pipes may stay open after the shell has exited.
  static constexpr auto output_grace = std::chrono::seconds{2};

  struct handlers {
    std::function<void(std::string_view)> on_stdout;
    std::function<void(std::string_view)> on_stderr;
    /// Called once after `start`, later, and after all other handlers.
    std::function<void(const process_end&)> on_end;
  };

  /// `supervisor` must outlive the process.
  child_process(boost::asio::io_context& context, task_supervisor& supervisor,
                handlers callbacks);

  /// Runs `command` with `input` on its standard input. If the text does not
  /// end with a newline, one is added, because shells ignore an unfinished
  /// line.
  void start(const shell_command& command, std::string input);

  /// Stops reading standard output and standard error until `resume`, or until
  /// the shell exits.
  void pause();

  void resume();

  /// Ends all processes of the task: with SIGTERM, and with SIGKILL if they
  /// take longer than the supervisor's `kill_delay`.
  void terminate();

  /// Ends all processes of the task with SIGKILL.
  void kill();

  /// Whether the shell itself has exited, as far as Linux knows: a bridge that
  /// was stopped has not been told yet. Its background processes may still run.
  [[nodiscard]] bool has_exited() const;

private:
  void on_failed(std::string why);
  void on_exited(int wait_status);
  void on_lost(std::string why);
  void on_gone();
  void limit_output();
  void finish_when_quiet();
  void finish();

  boost::asio::io_context& context_;
  task_supervisor& supervisor_;
  handlers handlers_;
  boost::asio::steady_timer grace_;
  std::shared_ptr<pipe_reader> stdout_;
  std::shared_ptr<pipe_reader> stderr_;
  /// The supervisor's name for the task; 0 before `start`.
  std::uint64_t ticket_ = 0;
  int open_pipes_ = 2;
  bool exited_ = false;
  /// The supervisor has been asked to end what is left.
  bool ending_ = false;
  /// No process is left, or what is left is kept.
  bool gone_ = false;
  bool finished_ = false;
  process_end end_;
};

} // namespace bridgekeeper::app
