#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace bridgekeeper {

struct liveness_rule {
  std::chrono::milliseconds timeout{30'000};
  bool adaptive = true;
};

/// Judges whether a bridge is still there. Every inbound byte counts as life;
/// how long silence may last is learned from the gaps between its heartbeats,
/// so that a bridge that beats slowly is not taken for dead (contract section
/// 6, number 1). Knows no clock.
class liveness {
public:
  using clock = std::chrono::steady_clock;
  using time_point = clock::time_point;

  static constexpr std::size_t remembered_gaps = 10;
  static constexpr std::size_t beats_before_trust = 3;

  explicit liveness(liveness_rule rule) : rule_(rule) {}

  /// Another rule from now on; the rhythm that was learned stays.
  void change_rule(liveness_rule rule) noexcept {
    rule_ = rule;
  }

  /// A heartbeat came.
  void beat(time_point now);

  /// How long the bridge may say nothing:
  /// `max(timeout, 2.5 × the longest remembered gap)`; before three beats the
  /// gap is taken as `timeout`. Not adaptive: `timeout`.
  [[nodiscard]] std::chrono::milliseconds silence_allowed() const;

  [[nodiscard]] bool is_stale(time_point last_inbound, time_point now) const {
    return now - last_inbound > silence_allowed();
  }

  [[nodiscard]] std::chrono::milliseconds longest_gap() const;

  [[nodiscard]] std::size_t beats() const noexcept {
    return beats_;
  }

private:
  liveness_rule rule_;
  time_point last_beat_{};
  std::size_t beats_ = 0;
  /// In milliseconds; a ring.
  std::array<std::uint32_t, remembered_gaps> gaps_{};
};

} // namespace bridgekeeper
