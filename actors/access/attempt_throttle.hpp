#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace bridgekeeper::actors {

struct throttle_rule {
  /// This many wrong tokens of one address in `window` cost nothing.
  std::size_t free_attempts = 5;
  std::chrono::milliseconds window{60'000};
  /// How long the answer to the next one waits; twice as long for each one
  /// after it, up to `longest`. `longest` 0: nobody ever waits.
  std::chrono::milliseconds first{500};
  std::chrono::milliseconds longest{5'000};
  /// Answers of one address that may wait at the same time.
  std::size_t held_answers = 64;
  /// Addresses remembered; the one that failed longest ago is forgotten first.
  std::size_t addresses = 10'000;
};

/// Decides how long the answer to a wrong token is held back. A right one never
/// waits, but while an address has as many answers waiting as it may, no token
/// of it is looked at: what is answered at once must not tell a right token
/// from a wrong one, or guessing would cost nothing. Knows no clock.
///
/// Thread-safe, and one for the whole daemon: with one for each I/O thread an
/// address would have as many times the free attempts as there are threads.
/// Who was let in before on its connection does not pay for the lock.
class attempt_throttle {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// What a wrong token costs.
  struct penalty {
    /// To be waited before the answer. It counts as waiting for as long, even
    /// if the peer hangs up: else whoever gives up early would guess for free.
    std::chrono::milliseconds delay{0};
    /// Too many answers wait already: this one is refused at once.
    bool too_many = false;
  };

  explicit attempt_throttle(throttle_rule rule = {}) : rule_(rule) {}

  /// Another rule for what comes from now on; what was counted still counts.
  void change_rule(const throttle_rule& rule);

  /// Whether as many answers to `ip` wait as may: to be asked before a token of
  /// it is looked at, which is to be refused then, right or wrong.
  [[nodiscard]] bool is_full(const std::string& ip, time_point now) const;

  /// `ip` sent a wrong token. Addresses count as `counted_address` has them.
  [[nodiscard]] penalty on_failure(const std::string& ip, time_point now);

  /// How many addresses are remembered.
  [[nodiscard]] std::size_t addresses() const;

private:
  struct entry {
    std::string address;
    /// When it failed last; no more of them than make a difference.
    std::vector<time_point> failures;
    /// When the answers are due that wait, or waited when it failed last.
    std::vector<time_point> held;

    [[nodiscard]] std::size_t waiting(time_point now) const;
  };

  /// The address's entry, which is the first one now.
  entry& count_failure(const std::string& address, time_point now);
  [[nodiscard]] std::chrono::milliseconds delay_of(std::size_t failures) const;

  throttle_rule rule_;
  mutable std::mutex mutex_;
  /// Most recent failure first.
  std::list<entry> entries_;
  std::unordered_map<std::string, std::list<entry>::iterator> by_address_;
};

} // namespace bridgekeeper::actors
