#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

/// The failures of a client that connects again and again: counts them, and
/// says which of them a log should tell. A server that is away for a day is not
/// worth a line a minute. Told are the first failure, every reason that is new,
/// and otherwise the 2nd, 4th, 8th failure and so on. Knows no clock.
class failed_attempts {
public:
  /// The connection could not be made, or was lost. Whether to tell.
  [[nodiscard]] bool add(std::string_view why);

  /// Failures since the last success.
  [[nodiscard]] std::size_t count() const noexcept {
    return count_;
  }

  /// The client is connected. Returns how many failures came before that.
  std::size_t end();

private:
  /// Reasons that alternate are not news; more than these are not told apart.
  static constexpr std::size_t max_reasons = 8;

  std::size_t count_ = 0;
  std::vector<std::string> told_;
};

/// Ends the log line of a connection that followed failures: `; connected after
/// 3 attempts`. The loss of a link is a failure, but not an attempt, so `again`
/// says whether there was a link before.
[[nodiscard]] std::string connected_after(std::size_t failures, bool again);

} // namespace bridgekeeper::app
