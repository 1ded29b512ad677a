#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
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

/// Decides how long the answer to a wrong token is held back. It is asked about
/// wrong tokens alone, so a right one never waits. Knows no clock.
///
/// Thread-safe, and one for the whole daemon: with one for each I/O thread an
/// address would have as many times the free attempts as there are threads.
/// Nobody pays for the lock who has a right token.
class attempt_throttle : public std::enable_shared_from_this<attempt_throttle> {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// An answer that is held back; its place is free again when its holder lets
  /// go of it.
  class held_answer {
  public:
    held_answer(std::shared_ptr<attempt_throttle> throttle, std::string address)
      : throttle_(std::move(throttle)), address_(std::move(address)) {}

    ~held_answer();
    held_answer(const held_answer&) = delete;
    held_answer& operator=(const held_answer&) = delete;

  private:
    std::shared_ptr<attempt_throttle> throttle_;
    std::string address_;
  };

  /// What a wrong token costs.
  struct penalty {
    /// To be waited, if not 0, with `place` held.
    std::chrono::milliseconds delay{0};
    std::unique_ptr<held_answer> place;
    /// Too many answers wait already: this one is refused at once.
    bool too_many = false;
  };

  explicit attempt_throttle(throttle_rule rule = {}) : rule_(rule) {}

  /// Another rule for what comes from now on; what was counted still counts.
  void change_rule(const throttle_rule& rule);

  /// `ip` sent a wrong token. Addresses of IPv6 count by their first 64 bits,
  /// because whoever has one has all that begin like it.
  [[nodiscard]] penalty on_failure(const std::string& ip, time_point now);

  /// How many addresses are remembered.
  [[nodiscard]] std::size_t addresses() const;

private:
  struct entry {
    std::string address;
    /// When it failed last; no more of them than make a difference.
    std::vector<time_point> failures;
  };

  [[nodiscard]] std::size_t count_failure(const std::string& address,
                                          time_point now);
  [[nodiscard]] std::chrono::milliseconds delay_of(std::size_t failures) const;
  void release(const std::string& address) noexcept;

  throttle_rule rule_;
  mutable std::mutex mutex_;
  /// Most recent failure first.
  std::list<entry> entries_;
  std::unordered_map<std::string, std::list<entry>::iterator> by_address_;
  /// Apart from the entries, because it must not be forgotten with them; never
  /// more than there are connections.
  std::unordered_map<std::string, std::size_t> held_;
};

} // namespace bridgekeeper::actors
