#pragma once

#include "domain/time_point.hpp"
#include "store/dispatches/operations.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace bridgekeeper::store {

/// The operations that wait for the writer, and the requests that it takes
/// between batches. Any thread puts; the writer's thread takes.
class inbox {
public:
  /// The largest batch. A larger one commits no faster per operation, and those
  /// that wait for it wait longer.
  static constexpr std::size_t max_operations = 512;
  static constexpr std::size_t max_bytes = 4 * 1024 * 1024;
  /// How long lazy operations wait for others to ride along with.
  static constexpr std::chrono::milliseconds lazy_delay{50};

  using request = std::function<void()>;

  void put(std::uint32_t thread, std::vector<operation> operations);

  void put(request x);

  /// No more is put. Ends waits.
  void close();

  /// Waits until something is due: an operation that is not lazy, a lazy one
  /// that has waited long enough, a request, or `until`. Returns false if the
  /// inbox is closed and empty.
  [[nodiscard]] bool wait(time_point until);

  /// Moves the oldest operations out, as many as one batch holds.
  [[nodiscard]] std::vector<operation> take();

  [[nodiscard]] std::vector<request> take_requests();

  /// The memory that waiting operations use. Any thread.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return bytes_.load(std::memory_order_relaxed);
  }

private:
  mutable std::mutex mutex_;
  std::condition_variable due_;
  std::vector<operation> waiting_;
  std::vector<request> requests_;
  bool is_urgent_ = false;
  bool is_closed_ = false;
  time_point oldest_lazy_ = time_point::max();
  std::atomic<std::size_t> bytes_{0};

  // Only the writer's thread uses these: operations that no longer need the
  // lock, and how many of them have been taken.
  std::vector<operation> current_;
  std::size_t taken_ = 0;
};

} // namespace bridgekeeper::store
