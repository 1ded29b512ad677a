#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

/// Counts the failures of a reconnecting client and decides which of them to
/// log. A server that is down for a day must not cause a log line per minute.
/// The first failure and each new reason are logged, and in addition the 2nd,
/// 4th, 8th failure and so on. Does not use a clock.
class failed_attempts {
public:
  /// Counts a failed attempt or a lost connection. Returns whether to log it.
  [[nodiscard]] bool add(std::string_view why);

  /// Failures since the last success.
  [[nodiscard]] std::size_t count() const noexcept {
    return count_;
  }

  /// Starts over after a success. Returns the number of failures before it.
  std::size_t end();

private:
  /// The number of reasons to remember, so that alternating reasons are not
  /// logged each time. Any further reason counts as a known one.
  static constexpr std::size_t max_reasons = 8;

  std::size_t count_ = 0;
  std::vector<std::string> told_;
};

/// The end of the log line for a connection that followed failures, such as
/// `; connected after 3 attempts`. `again` says whether there was a link
/// before: losing it counted as a failure but was not an attempt.
[[nodiscard]] std::string connected_after(std::size_t failures, bool again);

} // namespace bridgekeeper::app
