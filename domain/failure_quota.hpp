#pragma once

#include "domain/keyed_hash.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bridgekeeper {

struct failure_rule {
  std::chrono::milliseconds window{60'000};
  /// Rejections per address and `window` that get a line of their own.
  std::size_t lines_per_address = 20;
  /// The same for all addresses together; also the maximum number of addresses
  /// remembered.
  std::size_t lines = 1'000;
  /// Number of addresses that get a summary when the window ends. Suppressed
  /// rejections of the others are reported as a single number.
  std::size_t summaries = 100;
};

/// Decides which rejections are audited or logged individually and counts the
/// rest, so that peers without a token cannot push evidence out of a log or
/// fill the disk. All addresses share the same windows; a window begins with
/// the first rejection after the previous one has ended. Reads no clock;
/// callers pass the time. Thread-safe. There is one instance per log of the
/// daemon, because all threads write to it.
class failure_quota {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// The number of suppressed rejections of one address in one window.
  struct summary {
    /// The `counted_address`; empty for the console.
    std::string address;
    /// Of the last rejection. Both are empty in the last summary, which covers
    /// all addresses without a summary of their own.
    std::string gate;
    std::string reason;
    std::uint64_t suppressed = 0;
  };

  explicit failure_quota(failure_rule rule = {}) : rule_(rule) {}

  /// Whether this rejection gets a line of its own; otherwise it is counted.
  /// Starts a window if none is open, so call `collect` first.
  [[nodiscard]] bool admit(const std::string& ip, std::string_view gate,
                           std::string_view reason, time_point now);

  /// The summaries of the window if it has ended by `now`; each window is
  /// reported once. Empty if nothing was suppressed.
  [[nodiscard]] std::vector<summary> collect(time_point now);

  /// The same, but ends the window in any case.
  [[nodiscard]] std::vector<summary> collect_all();

  [[nodiscard]] std::size_t addresses() const;

private:
  struct count {
    std::size_t lines = 0;
    summary held_back;
  };

  [[nodiscard]] std::vector<summary> close_window();

  const failure_rule rule_;
  mutable std::mutex mutex_;
  /// The end of the current window; unset if none is open.
  std::optional<time_point> end_;
  std::size_t lines_ = 0;
  std::unordered_map<std::string, count, keyed_string_hash> counts_;
  /// Suppressed rejections of addresses that are not remembered.
  std::uint64_t of_others_ = 0;
};

} // namespace bridgekeeper
