#pragma once

#include "domain/keyed_hash.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

namespace bridgekeeper {

/// The state of one key, as reported in `X-RateLimit-*` (contract section 3).
struct rate_view {
  std::int64_t limit = 0;
  /// How many more are allowed now; -1 if there is no limit.
  std::int64_t remaining = -1;
  /// Time until more are allowed than now; 0 if nothing is counted. Rounded up,
  /// so that a client that waits this long does not come too early.
  std::chrono::seconds reset{0};
};

/// Limits each key to a number of arrivals in any 60 s: an exact sliding
/// window, because it remembers the time of each arrival. Arrivals and keys are
/// forgotten after 60 s, and a key never has more arrivals than the limit. A
/// limit of 0 or less disables the window. The empty key is never counted. Not
/// thread-safe; callers pass the time.
class rate_window {
public:
  using time_point = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::seconds length{60};

  explicit rate_window(std::int64_t limit = 0) : limit_(limit) {}

  [[nodiscard]] bool is_off() const noexcept {
    return limit_ <= 0;
  }

  /// Takes effect immediately. Counted arrivals stay counted.
  void change_limit(std::int64_t limit);

  [[nodiscard]] bool has_room(const std::string& key, time_point now);

  /// Counts one arrival. Call `has_room` first.
  void add(const std::string& key, time_point now);

  /// Forgets the newest arrival, if there is one.
  void take_back(const std::string& key);

  /// Does not count an arrival.
  [[nodiscard]] rate_view look(const std::string& key, time_point now);

  /// The number of remembered keys. For tests.
  [[nodiscard]] std::size_t size() const noexcept {
    return arrivals_.size();
  }

private:
  using arrival_map = std::unordered_map<std::string, std::deque<time_point>,
                                         keyed_string_hash>;

  void forget_old(time_point now);

  std::int64_t limit_;
  arrival_map arrivals_;
  /// The order in which to forget: each key once per arrival, oldest first.
  std::deque<arrival_map::value_type*> order_;
};

} // namespace bridgekeeper
