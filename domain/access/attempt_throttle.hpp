#pragma once

#include "domain/keyed_hash.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bridgekeeper {

struct throttle_rule {
  /// An address is in penalty while it has sent this many different wrong
  /// tokens in `window`.
  std::size_t free_attempts = 5;
  std::chrono::milliseconds window{60'000};
  /// From an address in penalty, one token is looked at in this time.
  std::chrono::milliseconds interval{1'000};
  /// A request waits no longer than this for its token's turn; 0: there is no
  /// penalty.
  std::chrono::milliseconds longest{5'000};
  /// Addresses remembered; the one that failed longest ago is forgotten first.
  std::size_t addresses = 10'000;
};

/// Slows down guessing. An address that sent several different wrong tokens is
/// in penalty: its tokens are looked at one after the other, one a second, and
/// each is answered when its turn has come, right or wrong. So neither an
/// answer nor its speed tells more than one guess a second, and a right token
/// gets in all the same. A wrong token that is sent again is no further guess
/// and costs nothing: it is how a fleet behaves whose token was revoked. Knows
/// no clock.
///
/// Thread-safe, and one for the whole daemon: with one for each I/O thread an
/// address would have as many times the free attempts as there are threads.
/// A connection on which a token was let in before does not pay for the lock.
class attempt_throttle {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// What becomes of a token before it is looked at.
  struct turn {
    /// Until it may be looked at. The turn is taken: it passes unused if the
    /// peer hangs up meanwhile, or giving up early would be free.
    std::chrono::milliseconds delay{0};
    /// Too many tokens wait already: this one is refused, right or wrong.
    bool too_many = false;
  };

  explicit attempt_throttle(throttle_rule rule = {}) : rule_(rule) {}

  /// Another rule for what comes from now on; what was counted still counts.
  void change_rule(const throttle_rule& rule);

  /// Takes a turn for `token`, before it is compared with any. `address` is
  /// `throttled_address` of where it comes from.
  [[nodiscard]] turn take_turn(const std::string& address,
                               std::string_view token, time_point now);

  /// The same for a peer that waits for up to `patience`, whatever the rule
  /// says about the longest wait; without penalty nobody waits all the same.
  [[nodiscard]] turn take_turn(const std::string& address,
                               std::string_view token, time_point now,
                               std::chrono::milliseconds patience);

  /// Whether `take_turn` would have this token wait, or refuse it.
  [[nodiscard]] bool slows(const std::string& address, std::string_view token,
                           time_point now) const;

  /// Whether no token of `address` would get a turn within `patience`.
  [[nodiscard]] bool is_full(const std::string& address, time_point now,
                             std::chrono::milliseconds patience) const;

  /// `token`, which had its turn, was wrong.
  void on_failure(const std::string& address, std::string_view token,
                  time_point now);

  /// How many addresses are remembered.
  [[nodiscard]] std::size_t addresses() const;

private:
  struct failure {
    std::uint64_t token;
    time_point when;
  };

  struct entry {
    std::string address;
    /// Of different tokens, the oldest first; no more than make a difference.
    std::vector<failure> failures;
    /// The last turn that was taken.
    time_point last_turn{};
  };

  [[nodiscard]] bool is_in_penalty(const entry& x, std::uint64_t token,
                                   time_point now) const;
  [[nodiscard]] const entry* find(const std::string& address) const;
  [[nodiscard]] time_point next_turn(const entry& x, time_point now) const;

  throttle_rule rule_;
  mutable std::mutex mutex_;
  /// Most recent failure first.
  std::list<entry> entries_;
  std::unordered_map<std::string, std::list<entry>::iterator, keyed_string_hash>
      by_address_;
};

/// What tokens from `ip` count under: its `counted_address` and, apart
/// from that, what web pages of foreign origins send from there, so that no
/// page which somebody looks at can use up what his machine may send.
[[nodiscard]] std::string throttled_address(const std::string& ip,
                                            bool is_foreign_page);

} // namespace bridgekeeper
