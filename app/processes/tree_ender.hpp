#pragma once

#include "app/processes/mark_cache.hpp"
#include "app/processes/process_signal.hpp"
#include "app/processes/task_cgroup.hpp"
#include "app/processes/task_tree.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace bridgekeeper::app {

/// Ends the processes of tasks: SIGTERM first, SIGKILL later. Because processes
/// may fork meanwhile, it looks for members again until none is left. All trees
/// that are being ended share one look at the process table, and nothing
/// happens while there are none. Runs on the thread of its `io_context`; must
/// not outlive it.
class tree_ender {
public:
  /// The interval between two looks. On a machine with many processes it grows,
  /// so that looking takes at most a fifth of the time.
  static constexpr auto poll_interval = std::chrono::milliseconds{20};

  /// How long after the first SIGKILL a process that does not go is given up:
  /// it hangs in the kernel, or belongs to a user whom we may not signal.
  static constexpr auto give_up_delay = std::chrono::seconds{10};

  /// Called with the processes that were given up.
  using gone_handler = std::function<void(const std::vector<process_key>&)>;

  /// Sends a signal to a process, as `signal_process` does.
  using signaller = std::function<bool(const process_key&, int)>;

  /// Never signals this process or those in `spared`.
  tree_ender(boost::asio::io_context& context, std::unordered_set<pid_t> spared,
             signaller send_signal = signal_process);

  tree_ender(const tree_ender&) = delete;

  tree_ender& operator=(const tree_ender&) = delete;

  /// Ends a tree: SIGKILL follows after `kill_after`, which may be zero. Calls
  /// `on_gone` once, later, when nothing is left of it. `cgroup`, if not null,
  /// is one more source of members and is removed at the end.
  void end(std::uint64_t ticket, task_tree tree,
           std::shared_ptr<task_cgroup> cgroup,
           std::chrono::milliseconds kill_after, gone_handler on_gone);

  /// Kills a tree that is being ended; does nothing otherwise.
  void kill(std::uint64_t ticket);

  [[nodiscard]] bool is_ending(std::uint64_t ticket) const {
    return trees_.contains(ticket);
  }

private:
  using clock = std::chrono::steady_clock;

  struct ending {
    task_tree tree;
    std::shared_ptr<task_cgroup> cgroup;
    clock::time_point kill_at;
    clock::time_point give_up_at;
    gone_handler on_gone;
    /// Members that have been sent SIGTERM.
    std::unordered_set<process_key, process_key_hash> asked;
  };

  void look_in(clock::duration delay);
  void look();
  /// Returns the processes that are left.
  std::vector<process_key> look_at(ending& x, const process_table& table,
                                   clock::time_point now);
  boost::asio::steady_timer timer_;
  std::unordered_set<pid_t> spared_;
  signaller send_signal_;
  std::unordered_map<std::uint64_t, ending> trees_;
  mark_cache marks_;
};

} // namespace bridgekeeper::app
