#pragma once

#include <boost/asio/signal_set.hpp>

#include <functional>
#include <sys/types.h>
#include <unordered_map>

namespace bridgekeeper::app {

/// Collects the processes of tasks when they end: those we started, and those
/// they left behind, which are made to fall to us. Without that, a bridge that
/// is the first process of a container would gather dead ones. There is one a
/// process; nobody else may wait for children. Runs on the thread of its
/// `io_context`.
class child_reaper {
public:
  explicit child_reaper(boost::asio::io_context& context);

  /// Calls `on_exit` once, with the wait status, when the child `pid` ends.
  /// Called in the same turn in which the child was started.
  void watch(pid_t pid, std::function<void(int)> on_exit);

private:
  void await_signal();
  void reap();

  boost::asio::signal_set signal_;
  std::unordered_map<pid_t, std::function<void(int)>> watched_;
};

} // namespace bridgekeeper::app
