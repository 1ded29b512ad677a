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

/// One command and the process group it runs in. It is over when the shell has
/// exited and both its pipes are at their end or, where something it left
/// behind keeps them open, a little later. Made with `std::make_shared`; what
/// is under way keeps it alive. Runs on the thread of its `io_context`.
class child_process : public std::enable_shared_from_this<child_process> {
public:
  /// How long what was told to terminate may take before it is killed.
  static constexpr auto kill_delay = std::chrono::seconds{5};

  /// How long the pipes may stay open after the shell has exited.
  static constexpr auto output_grace = std::chrono::seconds{2};

  struct handlers {
    std::function<void(std::string_view)> on_stdout;
    std::function<void(std::string_view)> on_stderr;
    /// Called once after `start` succeeded; nothing is called after it.
    std::function<void(const task_end&)> on_end;
  };

  /// `reaper` must outlive the process.
  child_process(boost::asio::io_context& context, child_reaper& reaper,
                handlers callbacks);

  /// Runs `command` with `input` on its standard input. Fails with why it
  /// cannot be started.
  std::error_code start(const shell_command& command, std::string input);

  /// Stops reading standard output, until the process is over.
  void pause();

  void resume();

  /// Asks the whole group to terminate, and kills it after `kill_delay`.
  void terminate();

  /// Kills the whole group now.
  void kill();

  /// Whether the shell itself has ended, whatever it left behind.
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
