#pragma once

#include "app/processes/owned_fd.hpp"
#include "app/processes/task_root.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace bridgekeeper::app {

/// Waits until the root of a task has executed the shell, which a hung file
/// system may delay for ever. Created with `std::make_shared`; pending
/// operations keep the object alive until it is over. Runs on the thread of its
/// `io_context`.
class start_watch : public std::enable_shared_from_this<start_watch> {
public:
  /// Called once with the outcome, unless `stop` is called before.
  using handler = std::function<void(const start_outcome&)>;

  /// `complaints` is the pipe of `begin_root`.
  start_watch(boost::asio::io_context& context, owned_fd complaints,
              handler on_outcome);

  /// After `limit`, the outcome is `start_stage::time_limit`.
  void start(std::chrono::milliseconds limit);

  /// Reads the outcome now. Call this when the root has exited.
  void read();

  void stop();

private:
  void finish(const start_outcome& x);

  boost::asio::posix::stream_descriptor pipe_;
  boost::asio::steady_timer limit_;
  handler on_outcome_;
};

} // namespace bridgekeeper::app
