#pragma once

#include "api/thread_context.hpp"
#include "net/deadline_queue.hpp"

#include <caf/execution_unit.hpp>

#include <deque>
#include <functional>

namespace caf {
class actor_system;
class resumable;
} // namespace caf

namespace bridgekeeper::test {

/// An I/O thread without a thread: the actors whose home it is, and the tasks
/// that are posted to it, run in order when the test says so and at no other
/// time. With two of these a test decides which thread comes first.
class test_thread : public caf::execution_unit {
public:
  test_thread(std::size_t index, net::deadline_queue::clock_function clock);

  test_thread(const test_thread&) = delete;
  test_thread& operator=(const test_thread&) = delete;

  void adopt(caf::actor_system& system);

  /// As `net::io_thread` does it; called by CAF.
  void exec_later(caf::resumable* job) override;

  void post(std::function<void()> task);

  /// Runs the next task or lets the next actor handle one message. False if
  /// there is nothing to do.
  bool run_once();

  /// Runs until there is nothing to do on this thread.
  void run();

  /// Drops what has not run.
  void clear();

  net::deadline_queue deadlines;
  api::thread_context context;

private:
  std::deque<std::function<void()>> tasks_;
};

} // namespace bridgekeeper::test
