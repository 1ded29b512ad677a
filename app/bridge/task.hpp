#pragma once

#include "app/adapters/agent_command.hpp"
#include "app/adapters/task_output.hpp"
#include "app/bridge/boot_clock.hpp"
#include "app/bridge/workplace.hpp"
#include "app/processes/child_process.hpp"
#include "domain/messages.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace bridgekeeper::app {

/// How the tasks of a bridge are carried out.
struct task_options {
  /// Whose output the command prints.
  agent_kind agent = agent_kind::command;
  /// For `/bin/sh -c`. Flags of the agent are added to it.
  std::string command;
  workplace place = {};
  stderr_use standard_error = stderr_use::log;
  /// Zero if there is no limit.
  std::chrono::milliseconds timeout{};
  /// How long a task may print nothing; zero if there is no limit.
  std::chrono::milliseconds idle_timeout{};
};

/// What the tasks of a bridge share. One thread.
struct task_surroundings {
  boost::asio::io_context& context;
  task_supervisor& supervisor;
  std::shared_ptr<session_totals> totals;
  const task_options& options;
};

/// One dispatch that is being carried out: a command whose output becomes
/// progress and, at the end, a report. Created with `std::make_shared`; its
/// pending operations keep it alive. Runs on the thread of its `io_context`.
class task : public std::enable_shared_from_this<task> {
public:
  /// How long an agent may take to exit after its final result.
  static constexpr auto exit_delay = std::chrono::seconds{10};

  /// An unfinished line is shown if no more output has come for so long. It is
  /// probably a prompt.
  static constexpr auto prompt_delay = std::chrono::seconds{1};

  /// A handler may do anything but destroy the task.
  struct handlers {
    std::function<void(progress_line)> on_progress;
    /// Called once, after all other handlers.
    std::function<void(task_report)> on_done;
  };

  /// `surroundings` must outlive the task. `slot` is counted from 1.
  task(const task_surroundings& surroundings, dispatch what, std::size_t slot,
       handlers callbacks);

  /// Starts the command. It ends at `deadline` at the latest, if there is one.
  void start(std::optional<boot_clock::time_point> deadline);

  /// Stops reading the command's output until `resume`. Meanwhile, the command
  /// is not considered silent.
  void pause();

  void resume();

  void terminate() {
    process_->terminate();
  }

  void kill() {
    process_->kill();
  }

  /// Terminates the command because its result is no longer wanted. The task
  /// then fails with the error `cancelled`, unless the command has exited
  /// already and only its background processes are left to end. `why`: the
  /// class of the failure, if the daemon named it.
  void cancel(std::optional<failure_class> why) {
    end_with("cancelled", why);
  }

  /// Whether the command itself has exited, even if this object has not been
  /// told yet.
  [[nodiscard]] bool has_exited() const {
    return process_->has_exited();
  }

  [[nodiscard]] const message_id& message() const noexcept {
    return what_.message;
  }

  [[nodiscard]] std::size_t slot() const noexcept {
    return slot_;
  }

private:
  using deadline_timer = boost::asio::basic_waitable_timer<boot_clock>;

  void on_output(progress_lines lines);
  void on_errors(progress_lines lines);
  void watch_silence();
  void watch_exit();
  void end_with(std::string problem, std::optional<failure_class> failure);
  void finish(const process_end& end);

  /// Calls `then` when `timer` expires, unless the task has finished or the
  /// timer has been set again.
  template <class Timer, class Then>
  void on_expiry(Timer& timer, Then then);

  const task_surroundings& surroundings_;
  dispatch what_;
  std::size_t slot_;
  handlers handlers_;
  agent_command command_;
  task_output output_;
  /// For the bridge's own time limit.
  boost::asio::steady_timer limit_;
  /// For the daemon's deadline.
  deadline_timer deadline_;
  /// For a task that prints nothing.
  boost::asio::steady_timer idle_;
  boost::asio::steady_timer prompt_;
  /// For an agent that does not exit after its final result.
  boost::asio::steady_timer exit_;
  std::shared_ptr<child_process> process_;
  std::optional<std::string> problem_;
  std::optional<failure_class> failure_;
  std::optional<std::string> remark_;
  bool awaits_exit_ = false;
  bool is_paused_ = false;
  bool is_finished_ = false;
};

} // namespace bridgekeeper::app
