#pragma once

#include <chrono>
#include <functional>
#include <optional>

namespace bridgekeeper::app {

/// How long to wait before the next attempt to connect: 1, 2, 4 … 60 s, each
/// shortened by chance to between half and all of it, so that the many clients
/// of a server that was away do not return in one wave.
class backoff {
public:
  using milliseconds = std::chrono::milliseconds;

  static constexpr milliseconds first = std::chrono::seconds{1};
  static constexpr milliseconds longest = std::chrono::seconds{60};

  /// `chance` returns numbers in [0, 1); by default random ones.
  explicit backoff(std::function<double()> chance = {});

  /// The next wait. Where the server named a time to stay away, the wait is
  /// that time or up to half as much more.
  [[nodiscard]] milliseconds
  next(std::optional<std::chrono::seconds> stay_away = std::nullopt);

  /// An attempt succeeded: the next failure starts over.
  void reset() noexcept {
    step_ = first;
  }

private:
  std::function<double()> chance_;
  milliseconds step_ = first;
};

} // namespace bridgekeeper::app
