#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bridgekeeper::store {

/// Where writing to an existing log continues.
struct audit_tail {
  /// The hash that the next line continues from.
  std::string prev;
  /// The file ends within a line, which must be terminated before the next
  /// write.
  bool unended = false;
  /// Length and SHA-256 of a line cut short by a crash; 0 if the last line is
  /// complete.
  std::size_t torn_bytes = 0;
  std::string torn_hash;
};

/// Determines the tail from the last bytes of a log: `max_audit_line` of them,
/// or the whole file. A last line that lacks only its newline is complete.
/// Unreadable lines are skipped: the chain continues from the last line that
/// has a hash, and verification reports the damage.
[[nodiscard]] audit_tail read_tail(std::string_view last_bytes);

/// The same for the file `path`. If it does not exist or is empty, the result
/// is the beginning of a chain. Throws `std::system_error`.
[[nodiscard]] audit_tail read_tail_of(const std::string& path);

} // namespace bridgekeeper::store
