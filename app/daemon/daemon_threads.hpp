#pragma once

#include "api/thread_context.hpp"
#include "app/console/console.hpp"
#include "net/io_thread.hpp"

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

/// The I/O threads, and the context of each. Made, started and stopped on the
/// main thread; must outlive the actor system.
class daemon_threads {
public:
  using task = std::function<void(api::thread_context&)>;

  explicit daemon_threads(std::size_t count);

  void start(caf::actor_system& system);

  /// Returns when all have ended.
  void stop();

  [[nodiscard]] std::size_t size() const noexcept {
    return threads_.size();
  }

  [[nodiscard]] net::io_thread& thread(std::size_t index) const {
    return *threads_[index];
  }

  /// To be touched on its own thread alone once that has started, but for the
  /// counters.
  [[nodiscard]] api::thread_context& context(std::size_t index) const {
    return *contexts_[index];
  }

  [[nodiscard]] std::vector<net::io_thread*> pointers() const;

  // -- reaching them ----------------------------------------------------------

  /// Runs `what` on each, in its turn. Any thread; does not wait.
  void on_every_one(const task& what) const;

  /// Runs `what` on one thread and waits; exceptions come back.
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

  // -- looking at them, from any thread ---------------------------------------

  [[nodiscard]] std::vector<console::thread_row> rows() const;

  [[nodiscard]] std::vector<const counters*> counts() const;

  /// Dispatches that were begun and have not ended.
  [[nodiscard]] std::uint64_t unfinished() const;

  [[nodiscard]] std::size_t connections() const;

private:
  std::vector<std::unique_ptr<net::io_thread>> threads_;
  std::vector<std::unique_ptr<api::thread_context>> contexts_;
};

} // namespace bridgekeeper::app
