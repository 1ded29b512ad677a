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
  /// tokens within `window`.
  std::size_t free_attempts = 5;
  std::chrono::milliseconds window{60'000};
  /// For an address in penalty, one token is checked per interval.
  std::chrono::milliseconds interval{1'000};
  /// A request waits at most this long for its token's turn; 0 disables the
  /// penalty.
  std::chrono::milliseconds longest{5'000};
  /// Number of addresses remembered. The address whose last failure is the
  /// oldest is forgotten first.
  std::size_t addresses = 10'000;
};

/// Slows down the guessing of tokens. An address that sent several different
/// wrong tokens is in penalty: its tokens are checked one at a time, one per
/// interval, and each response is sent when its token's turn has come, whether
/// the token is valid or not. This way neither the responses nor their timing
/// reveal more than one guess per interval, while a valid token still succeeds.
/// Repeating the same wrong token is not another guess and costs nothing,
/// because a fleet whose token was revoked does exactly that. Reads no clock;
/// callers pass the time.
///
/// Thread-safe. The daemon has a single instance: with one per I/O thread, an
/// address would get the free attempts once per thread. Connections on which a
/// token was accepted before do not take the lock.
class attempt_throttle {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// The outcome of asking for a turn, before the token is checked.
  struct turn {
    /// How long to wait before the token is checked. The turn is already taken:
    /// if the peer disconnects in the meantime it passes unused, because
    /// otherwise giving up early would be free.
    std::chrono::milliseconds delay{0};
    /// Too many tokens are already waiting: this one is rejected, valid or not.
    bool too_many = false;
  };

  explicit attempt_throttle(throttle_rule rule = {}) : rule_(rule) {}

  /// Applies to later calls; failures that were already counted are kept.
  void change_rule(const throttle_rule& rule);

  /// Takes a turn for `token` before it is compared with any known token.
  /// `address` is the `throttled_address` of the peer.
  [[nodiscard]] turn take_turn(const std::string& address,
                               std::string_view token, time_point now);

  /// The same for a peer that waits for up to `longest_wait`, regardless of the
  /// rule's longest wait. Without a penalty there is still no delay.
  [[nodiscard]] turn take_turn(const std::string& address,
                               std::string_view token, time_point now,
                               std::chrono::milliseconds longest_wait);

  /// Whether `take_turn` would delay or reject this token.
  [[nodiscard]] bool slows(const std::string& address, std::string_view token,
                           time_point now) const;

  /// Whether `address` could not get a turn for any token within
  /// `longest_wait`.
  [[nodiscard]] bool is_full(const std::string& address, time_point now,
                             std::chrono::milliseconds longest_wait) const;

  /// `token` has had its turn and was wrong.
  void on_failure(const std::string& address, std::string_view token,
                  time_point now);

  [[nodiscard]] std::size_t addresses() const;

private:
  struct failure {
    std::uint64_t token;
    time_point when;
  };

  struct entry {
    std::string address;
    /// One per different token, oldest first, and no more than are needed to
    /// decide.
    std::vector<failure> failures;
    /// Time of the last turn that was taken.
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

/// The key under which tokens from `ip` are counted: its `counted_address`,
/// with a separate key for requests from web pages of foreign origins. This
/// way, a web page that a user happens to visit cannot use up the attempts of
/// the user's machine.
[[nodiscard]] std::string throttled_address(const std::string& ip,
                                            bool is_foreign_page);

} // namespace bridgekeeper
