#pragma once

#include <boost/asio/signal_set.hpp>

#include <functional>
#include <sys/types.h>
#include <unordered_map>

namespace bridgekeeper::app {

/// Reaps the processes of tasks: the children of this process and, because it
/// is made a subreaper, the orphans that they leave behind. A bridge that is
/// the first process of a container would otherwise collect zombies. Only one
/// reaper may exist per process, and no other code may wait for children. Runs
/// on the thread of its `io_context`.
class child_reaper {
public:
  explicit child_reaper(boost::asio::io_context& context);

  /// Calls `on_exit` once, with the wait status, when the child `pid` ends.
  /// Must be called in the same handler that started the child; otherwise the
  /// child might be reaped before it is watched.
  void watch(pid_t pid, std::function<void(int)> on_exit);

private:
  void await_signal();
  void reap();

  boost::asio::signal_set signal_;
  std::unordered_map<pid_t, std::function<void(int)>> watched_;
};

} // namespace bridgekeeper::app
