#pragma once

#include <cstdint>
#include <string_view>

namespace bridgekeeper {

/// What must not be lost once anyone has been told.
enum class durability : std::uint8_t {
  /// Nothing: the daemon keeps everything in memory and has no store.
  none,
  /// What `kill -9` would destroy.
  commit,
  /// What a power failure would destroy: commits wait for the disk.
  full,
};

/// The name used in JSON, in the configuration and on the command line.
[[nodiscard]] constexpr std::string_view to_string(durability x) noexcept {
  switch (x) {
  case durability::none:
    break;
  case durability::commit:
    return "commit";
  case durability::full:
    return "full";
  }
  return "none";
}

} // namespace bridgekeeper
