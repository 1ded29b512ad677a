#pragma once

#include "app/config/config_options.hpp"

#include <vector>

namespace bridgekeeper::app {

/// How a reloaded configuration affects the running daemon.
struct config_change {
  /// The values that apply now: the new ones, except for `left`.
  config values;
  /// Options that have a new value now, in the order of `options()`.
  std::vector<const option*> applied;
  /// Options that were changed, but keep their value until a restart.
  std::vector<const option*> left;

  [[nodiscard]] bool empty() const noexcept {
    return applied.empty() && left.empty();
  }

  /// Whether an option of that section has a new value now.
  [[nodiscard]] bool touches(std::string_view section) const;
};

/// Compares option by option. The daemon decides at its start whether it speaks
/// TLS, and whether with a self-signed certificate. If `wanted` differs there,
/// the whole section [tls] is left. Any thread.
[[nodiscard]] config_change compare(const config& current,
                                    const config& wanted);

} // namespace bridgekeeper::app
