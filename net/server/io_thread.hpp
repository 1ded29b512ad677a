#pragma once

#include "domain/doubling_histogram.hpp"
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

/// A thread that runs sockets *and* the actors that own them.
///
/// It combines an `io_context` with a CAF execution unit that resumes actors on
/// the same context. An actor spawned with `unit()` as its home runs only on
/// this thread, so it may call its session directly, without a lock, a strand
/// or a thread switch between a frame and the actor that handles it. This is
/// the only file of the room that depends on CAF.
///
/// Lifetime: construct before the actor system, destroy after it. Actors that
/// live here must have ended before `stop`.
class io_thread {
public:
  explicit io_thread(std::size_t index);

  io_thread(const io_thread&) = delete;
  io_thread& operator=(const io_thread&) = delete;

  ~io_thread();

  /// Starts the thread. May be called once; `system` must outlive it.
  void start(caf::actor_system& system);

  /// The same for a thread on which no actors will live.
  void start();

  /// Ends the thread's loop and joins it. Queued tasks are dropped. Any thread
  /// except this one.
  void stop();

  /// Runs `task` on this thread, never within this call. Any thread.
  void post(std::function<void()> task);

  [[nodiscard]] std::size_t index() const noexcept {
    return index_;
  }

  /// The execution unit for actors that live on this thread.
  [[nodiscard]] caf::execution_unit& unit() noexcept;

  [[nodiscard]] boost::asio::io_context& context() noexcept;

  /// The deadlines of this thread. Only on this thread.
  [[nodiscard]] deadline_queue& deadlines() noexcept;

  // -- for the operator: any thread -------------------------------------------

  /// Number of connections on this thread.
  std::atomic<std::size_t> connections{0};

  /// CPU time used by this thread.
  [[nodiscard]] std::chrono::nanoseconds cpu_time() const noexcept;

  /// How often an actor was resumed on this thread.
  [[nodiscard]] std::size_t resumptions() const noexcept;

  /// From 0.1 ms to 6.6 s.
  using lag_histogram = doubling_histogram<100'000, 17>;

  /// How late the loop ran tasks that were due: each expiry of the timer of
  /// `deadlines`, and what `note_lag` was told.
  [[nodiscard]] const lag_histogram& loop_lag() const noexcept;

  /// Notes that a task which was posted at `posted` runs now. Only on this
  /// thread.
  void note_lag(time_point posted) noexcept;

private:
  struct impl;

  std::size_t index_;
  std::unique_ptr<impl> impl_;
};

} // namespace bridgekeeper::net
