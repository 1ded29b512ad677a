#pragma once

#include "app/bridge/boot_clock.hpp"
#include "app/bridge/child_process.hpp"
#include "app/bridge/task_output.hpp"
#include "domain/messages.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace bridgekeeper::app {

/// How a bridge runs its tasks.
struct task_options {
  std::string command;
  /// The working directory; empty for the bridge's own.
  std::string workdir;
  /// The time limit; zero for none.
  std::chrono::milliseconds timeout{};
};

/// One dispatch while its command runs. Created with `std::make_shared`; must
/// live until `on_done` is called. Runs on the thread of its `io_context`.
class task : public std::enable_shared_from_this<task> {
public:
  struct handlers {
    std::function<void(std::string)> on_progress;
    /// Called once. If the command cannot be started, `start` calls it.
    std::function<void(task_report)> on_done;
  };

  task(boost::asio::io_context& context, child_reaper& reaper, dispatch what,
       handlers callbacks);

  task(const task&) = delete;

  task& operator=(const task&) = delete;

  /// `deadline` is when the daemon will no longer want the result, if ever.
  void start(const task_options& options,
             std::optional<boot_clock::time_point> deadline = {});

  /// Stops reading the command's output. The command blocks once its pipe is
  /// full.
  void pause() {
    process_->pause();
  }

  void resume() {
    process_->resume();
  }

  /// Terminates the command, as when the bridge stops.
  void terminate() {
    process_->terminate();
  }

  void kill() {
    process_->kill();
  }

  /// Terminates the command because its result is no longer wanted. The task
  /// then fails with the error `cancelled`, unless the command has exited
  /// already and only its background processes are left to end.
  void cancel() {
    end_with("cancelled");
  }

  [[nodiscard]] const message_id& message() const noexcept {
    return what_.message;
  }

private:
  using deadline_timer = boost::asio::basic_waitable_timer<boot_clock>;

  void end_with(std::string problem);
  void finish(const task_end& end);

  dispatch what_;
  handlers handlers_;
  task_output output_;
  /// For the bridge's own time limit.
  boost::asio::steady_timer limit_;
  /// For the daemon's deadline.
  deadline_timer deadline_;
  std::shared_ptr<child_process> process_;
  std::optional<std::string> problem_;
};

} // namespace bridgekeeper::app
