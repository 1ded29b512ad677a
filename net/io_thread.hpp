#pragma once

#include "net/deadline_queue.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
} // namespace boost::asio

namespace caf {
class actor_system;
class execution_unit;
} // namespace caf

namespace bridgekeeper::net {

/// One thread that runs sockets *and* the actors that own them.
///
/// It joins an `io_context` with a CAF execution unit that puts actors on this
/// same context. An actor spawned with `unit()` as its home is resumed here and
/// nowhere else, so it may call its session directly: no lock, no strand, no
/// hop from thread to thread between a frame and the actor that handles it.
/// This is the only file of the room that knows CAF.
///
/// Lifetime: construct before the actor system, destroy after it. Actors that
/// live here must have ended before `stop`.
class io_thread {
public:
  explicit io_thread(std::size_t index);

  io_thread(const io_thread&) = delete;
  io_thread& operator=(const io_thread&) = delete;

  ~io_thread();

  /// Starts the thread. Called once; `system` must outlive it.
  void start(caf::actor_system& system);

  /// Ends the thread's loop and joins it. What is queued is dropped. Any thread
  /// but this one.
  void stop();

  /// Runs `task` on this thread. Any thread; never runs it within the call.
  void post(std::function<void()> task);

  [[nodiscard]] std::size_t index() const noexcept {
    return index_;
  }

  /// Where actors and sockets of this thread run.
  [[nodiscard]] caf::execution_unit& unit() noexcept;

  [[nodiscard]] boost::asio::io_context& context() noexcept;

  /// The deadlines of this thread. This thread only.
  [[nodiscard]] deadline_queue& deadlines() noexcept;

  // -- for the operator: any thread -------------------------------------------

  /// Connections that live here.
  std::atomic<std::size_t> connections{0};

  /// Processor time the thread has used.
  [[nodiscard]] std::chrono::nanoseconds cpu_time() const noexcept;

  /// Times an actor was resumed here.
  [[nodiscard]] std::size_t resumptions() const noexcept;

private:
  struct impl;

  std::size_t index_;
  std::unique_ptr<impl> impl_;
};

} // namespace bridgekeeper::net
