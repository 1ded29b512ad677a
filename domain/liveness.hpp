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

/// Judges whether a bridge is alive. Every inbound byte counts as a sign of
/// life. The allowed silence is learned from the gaps between heartbeats, so a
/// bridge that sends heartbeats slowly is not mistaken for dead (contract
/// section 6, number 1). Reads no clock; callers pass the time.
class liveness {
public:
  using clock = std::chrono::steady_clock;
  using time_point = clock::time_point;

  static constexpr std::size_t remembered_gaps = 10;
  static constexpr std::size_t beats_before_trust = 3;

  explicit liveness(liveness_rule rule) : rule_(rule) {}

  /// Takes effect immediately; the learned gaps are kept.
  void change_rule(liveness_rule rule) noexcept {
    rule_ = rule;
  }

  /// Records a heartbeat.
  void beat(time_point now);

  /// How long the bridge may be silent: `max(timeout, 2.5 × the longest
  /// remembered gap)`. Before the third heartbeat the gap is assumed to be
  /// `timeout`. If not adaptive: `timeout`.
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
  /// In milliseconds; a ring buffer.
  std::array<std::uint32_t, remembered_gaps> gaps_{};
};

} // namespace bridgekeeper
