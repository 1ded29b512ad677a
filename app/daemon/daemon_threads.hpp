#pragma once

#include "api/thread_context.hpp"
#include "app/console/console.hpp"
#include "net/server/io_thread.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <type_traits>
#include <vector>

namespace caf {
class actor_system;
} // namespace caf

namespace bridgekeeper::app {

/// The dispatches of a daemon that have not ended.
struct dispatch_load {
  /// Sent to a bridge, or about to be.
  std::uint64_t in_flight = 0;
  /// Waiting for their agent, their next attempt, or the return of a bridge.
  std::uint64_t queued = 0;
};

/// The I/O threads and their contexts. Created, started and stopped on the main
/// thread. Must outlive the actor system.
class daemon_threads {
public:
  using task = std::function<void(api::thread_context&)>;

  explicit daemon_threads(std::size_t count);

  void start(caf::actor_system& system);

  /// Returns when all threads have ended.
  void stop();

  [[nodiscard]] std::size_t size() const noexcept {
    return threads_.size();
  }

  [[nodiscard]] net::io_thread& thread(std::size_t index) const {
    return *threads_[index];
  }

  /// Once its thread has started, a context may be used only on that thread,
  /// except for the counters.
  [[nodiscard]] api::thread_context& context(std::size_t index) const {
    return *contexts_[index];
  }

  [[nodiscard]] std::vector<net::io_thread*> pointers() const;

  // -- running code on them ---------------------------------------------------

  /// Posts `what` to each thread and does not wait. Any thread.
  void on_every_one(const task& what) const;

  /// Runs `what` on one thread and waits for its result. Exceptions are
  /// rethrown in the calling thread.
  template <class Result, class Task>
  Result call_on(std::size_t index, Task what) const {
    std::promise<Result> done;
    auto result = done.get_future();
    threads_[index]->post([&] {
      try {
        if constexpr (std::is_void_v<Result>) {
          what(*contexts_[index]);
          done.set_value();
        } else {
          done.set_value(what(*contexts_[index]));
        }
      } catch (...) {
        done.set_exception(std::current_exception());
      }
    });
    return result.get();
  }

  // -- observing them, from any thread ----------------------------------------

  [[nodiscard]] std::vector<console::thread_row> rows() const;

  [[nodiscard]] std::vector<const counters*> counts() const;

  /// The number of dispatches that have started and not ended.
  [[nodiscard]] std::uint64_t unfinished() const;

  /// Counted while they change, so possibly a moment old.
  [[nodiscard]] dispatch_load load() const;

  [[nodiscard]] std::size_t connections() const;

private:
  std::vector<std::unique_ptr<net::io_thread>> threads_;
  std::vector<std::unique_ptr<api::thread_context>> contexts_;
};

} // namespace bridgekeeper::app
