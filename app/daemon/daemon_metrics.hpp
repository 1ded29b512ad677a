#pragma once

#include "api/thread_context.hpp"
#include "app/daemon/daemon_threads.hpp"
#include "app/metrics/metric_sources.hpp"
#include "domain/actor_statistics.hpp"
#include "domain/admission.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace caf {
class actor_system;
} // namespace caf

namespace bridgekeeper::app {

/// Gathers what `GET /metrics` shows. Each I/O thread counts what its actors
/// have, in a task of its own; then CAF's pool reads all counters and writes
/// the text, because that takes milliseconds. Requests that arrive meanwhile
/// get the same text, so at most one round is under way.
///
/// Created before the threads start. Must outlive the actor system.
class daemon_metrics {
public:
  daemon_metrics(daemon_threads& threads,
                 std::shared_ptr<actor_statistics> actors,
                 std::shared_ptr<admission> admissions);

  daemon_metrics(const daemon_metrics&) = delete;
  daemon_metrics& operator=(const daemon_metrics&) = delete;

  /// Called once, before the first request.
  void use(caf::actor_system& system) noexcept {
    system_ = &system;
  }

  /// Calls `then` with the text on the I/O thread with this index, unless the
  /// daemon ends before that. Any thread.
  void gather(std::size_t thread, std::function<void(const std::string&)> then);

  /// Whether an answer is in the making. The threads must not end before it is
  /// done. Any thread.
  [[nodiscard]] bool is_busy();

  /// From now on, `x` is part of the metrics. Any thread.
  void show(std::shared_ptr<const net::listener_counts> x);

private:
  struct round;

  struct waiter {
    std::size_t thread = 0;
    std::function<void(const std::string&)> then;
  };

  void start_round();
  void visit(round& x, std::size_t index, api::thread_context& context) const;
  /// All threads have been visited. On the last of them.
  void finish(const std::shared_ptr<round>& x);
  /// On CAF's pool.
  void answer(round& x);

  daemon_threads& threads_;
  std::shared_ptr<actor_statistics> actors_;
  std::shared_ptr<admission> admissions_;
  caf::actor_system* system_ = nullptr;
  /// Protects the following.
  std::mutex mutex_;
  std::vector<waiter> waiters_;
  std::shared_ptr<const net::listener_counts> listener_;
};

} // namespace bridgekeeper::app
