#pragma once

#include "app/bridge/child_reaper.hpp"
#include "app/bridge/pipe_reader.hpp"
#include "app/bridge/spawn.hpp"
#include "app/bridge/task_output.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// One command and its process group. The process ends when the shell has
/// exited and both output pipes have been closed. If a background process keeps
/// a pipe open, the wait is limited to `output_grace`. Created with
/// `std::make_shared`; pending operations keep the object alive. Runs on the
/// thread of its `io_context`.
class child_process : public std::enable_shared_from_this<child_process> {
public:
  /// How long the group may take to terminate before it is killed.
  static constexpr auto kill_delay = std::chrono::seconds{5};

  /// How long the pipes may stay open after the shell has exited.
  static constexpr auto output_grace = std::chrono::seconds{2};

  struct handlers {
    std::function<void(std::string_view)> on_stdout;
    std::function<void(std::string_view)> on_stderr;
    /// Called once if `start` succeeded, after all other handlers.
    std::function<void(const task_end&)> on_end;
  };

  /// `reaper` must outlive the process.
  child_process(boost::asio::io_context& context, child_reaper& reaper,
                handlers callbacks);

  /// Runs `command` with `input` on its standard input. Returns an error if the
  /// command cannot be started.
  std::error_code start(const shell_command& command, std::string input);

  /// Stops reading standard output until `resume`, or until the shell exits.
  void pause();

  void resume();

  /// Sends SIGTERM to the whole group, and SIGKILL after `kill_delay`.
  void terminate();

  /// Sends SIGTERM to the whole group, and SIGKILL a moment later.
  void kill();

  /// Whether the shell itself has exited. Its background processes may still
  /// run.
  [[nodiscard]] bool has_exited() const noexcept {
    return exited_;
  }

private:
  void feed(std::string input);
  void on_exit(int wait_status);
  void watch_group();
  void finish_when_quiet();
  void finish();
  [[nodiscard]] bool signal_group(int number) const;

  boost::asio::io_context& context_;
  child_reaper& reaper_;
  handlers handlers_;
  boost::asio::posix::stream_descriptor input_;
  boost::asio::steady_timer grace_;
  boost::asio::steady_timer group_check_;
  std::chrono::steady_clock::time_point kill_at_{};
  std::shared_ptr<pipe_reader> stdout_;
  std::shared_ptr<pipe_reader> stderr_;
  pid_t pid_ = -1;
  int open_pipes_ = 2;
  bool exited_ = false;
  bool terminating_ = false;
  bool finished_ = false;
  task_end end_;
};

} // namespace bridgekeeper::app
