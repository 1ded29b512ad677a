#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bridgekeeper::store {

/// Where a log that was written before goes on.
struct audit_tail {
  /// The hash that the next line continues from.
  std::string prev;
  /// The file ends within a line: whoever writes next ends it first.
  bool unended = false;
  /// What a crash left of a line, and its SHA-256; 0 where the last line is
  /// whole.
  std::size_t torn_bytes = 0;
  std::string torn_hash;
};

/// Reads it from the last bytes of a log, `max_audit_line` of them or the whole
/// file. A last line that lacks nothing but its newline is whole. Lines that
/// somebody made unreadable are passed over: the chain goes on from the last
/// line that has a hash, and verifying names what is wrong.
[[nodiscard]] audit_tail read_tail(std::string_view last_bytes);

/// The same of the file `path`; of no file and an empty one, the beginning of a
/// chain. Throws `std::system_error`.
[[nodiscard]] audit_tail read_tail_of(const std::string& path);

} // namespace bridgekeeper::store
