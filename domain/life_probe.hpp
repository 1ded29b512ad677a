#pragma once

#include <chrono>
#include <functional>
#include <utility>
#include <vector>

namespace bridgekeeper {

/// Finds out whether a link is alive: the peer must send at least one byte in
/// time after the question was asked. Several callers may ask; each gets one
/// answer. Has no access to clocks or sockets: its user pings the peer and
/// calls `review` every `interval`.
class life_probe {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using answer = std::function<void(bool is_alive)>;

  /// How long the peer may take to send a byte (contract section 6, number 15).
  static constexpr std::chrono::seconds timeout{3};
  static constexpr std::chrono::milliseconds interval{100};

  ~life_probe() {
    give_up();
  }

  void ask(time_point now, answer to) {
    questions_.emplace_back(now, std::move(to));
  }

  /// Answers the questions that can be decided. Returns false when none are
  /// left.
  bool review(time_point last_inbound, time_point now) {
    auto waiting = std::exchange(questions_, {});
    for (auto& [asked_at, to] : waiting)
      if (last_inbound > asked_at)
        to(true);
      else if (now >= asked_at + timeout)
        to(false);
      else
        questions_.emplace_back(asked_at, std::move(to));
    return !questions_.empty();
  }

  /// Answers all open questions with "not alive", because the link has ended.
  void give_up() {
    for (auto& [asked_at, to] : std::exchange(questions_, {}))
      to(false);
  }

private:
  std::vector<std::pair<time_point, answer>> questions_;
};

} // namespace bridgekeeper
