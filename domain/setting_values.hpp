#pragma once

#include <map>
#include <string>
#include <string_view>

namespace bridgekeeper {

/// The values of the daemon's settings as a person writes them, by their keys:
/// `heartbeat.timeout` is `30s`. Contains no secrets.
using setting_values = std::map<std::string, std::string, std::less<>>;

/// The value of a setting; empty if it is unknown.
[[nodiscard]] inline std::string value_of(const setting_values& all,
                                          std::string_view key) {
  auto pos = all.find(key);
  return pos != all.end() ? pos->second : std::string{};
}

} // namespace bridgekeeper
