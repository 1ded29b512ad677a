#pragma once

#include <chrono>
#include <functional>
#include <optional>

namespace bridgekeeper::app {

/// Computes how long to wait before the next attempt to connect: 1, 2, 4 …
/// 60 s. Each wait is shortened at random to between half and all of its
/// length, so that many clients do not reconnect to a restarted server at the
/// same moment.
class backoff {
public:
  using milliseconds = std::chrono::milliseconds;

  static constexpr milliseconds first = std::chrono::seconds{1};
  static constexpr milliseconds longest = std::chrono::seconds{60};

  /// `chance` returns numbers in [0, 1). By default, the numbers are random.
  explicit backoff(std::function<double()> chance = {});

  /// Returns the next wait. `stay_away` is the server's Retry-After; the wait
  /// is at least that long and usually at most half as long again.
  [[nodiscard]] milliseconds
  next(std::optional<std::chrono::seconds> stay_away = std::nullopt);

  /// Returns the wait that a server asked for before it closed the connection,
  /// made longer at random by up to half, or by up to `first` if that is more.
  /// Does not change the next wait.
  [[nodiscard]] milliseconds after(milliseconds least);

  /// Starts over with the shortest wait. Called after a successful attempt.
  void reset() noexcept {
    step_ = first;
  }

private:
  std::function<double()> chance_;
  milliseconds step_ = first;
};

} // namespace bridgekeeper::app
