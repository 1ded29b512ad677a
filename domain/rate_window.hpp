#pragma once

#include "domain/keyed_hash.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

namespace bridgekeeper {

/// How one key stands, as `X-RateLimit-*` says it (contract section 3).
struct rate_view {
  std::int64_t limit = 0;
  /// How many more fit now; -1 where the limit is off.
  std::int64_t remaining = -1;
  /// Until more fit than now; 0 where nothing is counted. Rounded up, so that
  /// who waits for so long is not too early.
  std::chrono::seconds reset{0};
};

/// So many in any 60 s, for each key by itself: a sliding window that is exact,
/// because it remembers when each one came. What it remembers is gone after
/// 60 s, keys included, and a key never has more than the limit. A limit of 0
/// or less is off. The empty key is nobody's and is not counted. Not
/// thread-safe; told what time it is.
class rate_window {
public:
  using time_point = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::seconds length{60};

  explicit rate_window(std::int64_t limit = 0) : limit_(limit) {}

  [[nodiscard]] bool is_off() const noexcept {
    return limit_ <= 0;
  }

  /// From now on. What was counted stays counted.
  void change_limit(std::int64_t limit);

  [[nodiscard]] bool has_room(const std::string& key, time_point now);

  /// Counts one. Ask `has_room` first.
  void add(const std::string& key, time_point now);

  /// Counts nothing.
  [[nodiscard]] rate_view look(const std::string& key, time_point now);

  /// How many keys are remembered. For tests.
  [[nodiscard]] std::size_t size() const noexcept {
    return arrivals_.size();
  }

private:
  using arrival_map = std::unordered_map<std::string, std::deque<time_point>,
                                         keyed_string_hash>;

  void forget_old(time_point now);

  std::int64_t limit_;
  arrival_map arrivals_;
  /// Whose turn it is to be forgotten: a key once for each of its arrivals, the
  /// oldest first.
  std::deque<arrival_map::value_type*> order_;
};

} // namespace bridgekeeper
