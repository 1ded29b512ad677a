#pragma once

#include "app/config/config_options.hpp"

#include <vector>

namespace bridgekeeper::app {

/// What a configuration that was read again means for a daemon that runs.
struct config_change {
  /// To go by from now on: the new values, but for those that stay.
  config values;
  /// What is another value from now on, in the order of `options()`.
  std::vector<const option*> applied;
  /// What was changed and cannot be while the daemon runs.
  std::vector<const option*> left;

  [[nodiscard]] bool empty() const noexcept {
    return applied.empty() && left.empty();
  }

  /// Whether anything of that section is another value from now on.
  [[nodiscard]] bool touches(std::string_view section) const;
};

/// Compares option by option. Whether TLS is spoken, and with a certificate of
/// our own or another's, is settled at the start: where that differs, all of
/// the section stays. Any thread.
[[nodiscard]] config_change compare(const config& current,
                                    const config& wanted);

} // namespace bridgekeeper::app
