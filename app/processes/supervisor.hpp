#pragma once

#include "app/processes/child_reaper.hpp"
#include "app/processes/kept_cgroups.hpp"
#include "app/processes/packet_channel.hpp"
#include "app/processes/start_request.hpp"
#include "app/processes/start_watch.hpp"
#include "app/processes/supervisor_process.hpp"
#include "app/processes/task_root.hpp"
#include "app/processes/tree_ender.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace bridgekeeper::app {

/// The task supervisor: the parent of all tasks of a bridge, and the subreaper
/// of their descendants. It starts and ends tasks as its bridge asks, and ends
/// all of them when the channel to the bridge is closed, which also happens
/// when the bridge is killed. Lives in a process of its own, and stops the
/// `io_context` when it is done. Without a maker of cgroups, tasks have none.
class supervisor {
public:
  /// How long tasks may take to terminate when the bridge has died.
  static constexpr auto orphan_kill_delay = std::chrono::seconds{2};

  /// How long the end of a task waits for the strays that were found with it:
  /// until a moment after they have been killed.
  static constexpr auto stray_patience = std::chrono::seconds{3};

  supervisor(boost::asio::io_context& context, owned_fd channel,
             leftovers policy, std::optional<cgroup_maker> cgroups,
             tree_ender::signaller send_signal = signal_process,
             std::chrono::milliseconds start_limit = start_time_limit);

private:
  struct task {
    process_key root;
    std::string mark;
    std::shared_ptr<task_cgroup> cgroup;
    /// Null when the shell has been executed.
    std::shared_ptr<start_watch> starting = nullptr;
    bool exited = false;
    /// Nothing is left of the task, except that its root may not be reaped yet.
    bool gone = false;
    std::size_t given_up = 0;
    /// Runs while the end of the task waits for strays; otherwise null.
    std::unique_ptr<boost::asio::steady_timer> stray_wait = nullptr;
  };

  void on_packet(const packet& x, std::vector<owned_fd> fds);
  void start(std::uint64_t ticket, std::vector<owned_fd> fds);
  void start(std::uint64_t ticket, const start_request& request,
             const std::vector<owned_fd>& fds);
  void end(std::uint64_t ticket, std::chrono::milliseconds kill_after);
  void on_outcome(std::uint64_t ticket, const start_outcome& x);
  void on_root_exit(std::uint64_t ticket, int status);
  void on_gone(std::uint64_t ticket, const std::vector<process_key>& given_up);
  /// Tells the bridge about the end of a task, once.
  void finish_when_gone(std::uint64_t ticket);
  /// Ends the orphans that cannot belong to a task that still runs, and calls
  /// `on_ended`, later. Those that cannot be ended are tried once. Returns
  /// false if there are none.
  bool end_strays(std::function<void()> on_ended);
  /// Lets a task wait for strays, but not for long: one of them may be a
  /// process that cannot be ended.
  void wait_for_strays(std::uint64_t ticket);
  void stop_waiting_for_strays(std::uint64_t ticket);
  [[nodiscard]] std::shared_ptr<task_cgroup> make_cgroup();
  /// Drops a task that is over, and its group.
  void erase(std::unordered_map<std::uint64_t, task>::iterator i);
  void on_bridge_gone();
  void stop_when_idle();

  boost::asio::io_context& context_;
  leftovers policy_;
  std::chrono::milliseconds start_limit_;
  child_reaper reaper_;
  tree_ender ender_;
  std::optional<cgroup_maker> cgroups_;
  std::shared_ptr<packet_channel> channel_;
  std::unordered_map<std::uint64_t, task> tasks_;
  kept_cgroups retired_;
  /// Processes that were given up, and strays that are being ended. They are
  /// children of this process, so their number is limited.
  process_set known_strays_;
  std::uint64_t stray_endings_ = 0;
  std::uint64_t last_stray_ticket_ = 0;
  bool bridge_gone_ = false;
};

} // namespace bridgekeeper::app
