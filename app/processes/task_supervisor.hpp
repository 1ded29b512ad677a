#pragma once

#include "app/processes/child_reaper.hpp"
#include "app/processes/packet_channel.hpp"
#include "app/processes/supervisor_process.hpp"
#include "app/processes/task_environment.hpp"
#include "app/processes/tree_ender.hpp"

#include <boost/asio/io_context.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace bridgekeeper::app {

/// How a bridge treats the processes of its tasks.
struct supervisor_options {
  leftovers leftover_policy = leftovers::end;
  cgroup_use cgroups = cgroup_use::automatic;
  environment_rules environment;
  /// How long processes may take to terminate before they are killed.
  std::chrono::milliseconds kill_delay = std::chrono::seconds{5};
};

/// A command for `/bin/sh -c`.
struct shell_command {
  std::string text;
  /// The working directory; empty for the current one.
  std::string workdir;
  /// Names and values to add to the environment of tasks. `task_mark` should be
  /// among them.
  task_environment::variables environment;
};

/// The bridge's side of the task supervisor. It launches the supervisor, and
/// launches another one if that dies; the tasks of the dead one, which the
/// kernel hands to this process, are ended first. Because this class reaps all
/// children of its process, there may be only one. Runs on the thread of its
/// `io_context`.
class task_supervisor {
public:
  /// Calls nothing within the functions of this class, only later.
  struct handlers {
    /// The task was not started; nothing else is called. Why, as a sentence.
    std::function<void(std::string)> on_failed;
    /// The shell has exited, with this wait status.
    std::function<void(int)> on_exited;
    /// The supervisor has died, so the task is ended. `on_gone` follows.
    std::function<void(std::string)> on_lost;
    /// After `end` or `kill`: no process of the task is left. The last call.
    std::function<void()> on_gone;
  };

  task_supervisor(boost::asio::io_context& context, supervisor_options options);

  /// Closes the channel. Tasks that still run are then ended by the supervisor;
  /// waits for it for at most a second.
  ~task_supervisor();

  task_supervisor(const task_supervisor&) = delete;

  task_supervisor& operator=(const task_supervisor&) = delete;

  /// Starts a task with these descriptors as its standard input, output and
  /// error. Returns its ticket.
  std::uint64_t start(const shell_command& command,
                      std::array<owned_fd, 3> standard, handlers callbacks);

  /// Ends all processes of the task: SIGTERM first, SIGKILL after the delay.
  void end(std::uint64_t ticket);

  /// Kills all processes of the task.
  void kill(std::uint64_t ticket);

  /// The task's shell has exited. Its leftovers may stay, and no handler is
  /// called any more.
  void forget(std::uint64_t ticket);

  /// Whether the task's shell has ended, even if its supervisor has not
  /// reported that yet. False if it has not been started.
  [[nodiscard]] bool has_exited(std::uint64_t ticket) const;

  [[nodiscard]] leftovers leftover_policy() const noexcept {
    return options_.leftover_policy;
  }

  /// The process id of the supervisor; -1 if it does not run.
  [[nodiscard]] pid_t pid() const noexcept {
    return pid_;
  }

private:
  struct task {
    handlers callbacks;
    process_key root;
    std::string mark;
    std::string workdir;
  };

  bool launch();
  void on_packet(const packet& x);
  /// The supervisor cannot be told to start a task.
  void on_refused(std::uint64_t ticket, int error);
  void on_supervisor_gone();
  void end_orphans(std::uint64_t ticket, const task& x);
  void end_strays();
  void send(packet_kind kind, std::uint64_t ticket, std::int64_t number);
  void fail_later(std::uint64_t ticket, std::string why);

  boost::asio::io_context& context_;
  supervisor_options options_;
  task_environment environment_;
  bool ignores_hangup_;
  child_reaper reaper_;
  /// For the tasks of a supervisor that has died.
  tree_ender ender_;
  std::shared_ptr<packet_channel> channel_;
  pid_t pid_ = -1;
  std::unordered_map<std::uint64_t, task> tasks_;
  std::uint64_t last_ticket_ = 0;
};

} // namespace bridgekeeper::app
