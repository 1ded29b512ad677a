#pragma once

#include "domain/messages.hpp"
#include "domain/timestamp.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::store {

/// An event that may have to be proved later. Empty texts are omitted from the
/// line (contract section 5).
struct audit_entry {
  timestamp when{};
  /// For example `auth_failure` or `task_dispatched`.
  std::string event;
  /// `result`: "success", or "failure" if something was rejected or went wrong.
  bool success = true;
  std::string agent;
  std::string ip;
  std::string session;
  /// The token's label, never the token itself.
  std::string token;
  std::optional<json_object> metadata;
};

/// Maximum length of a line in bytes.
inline constexpr std::size_t max_audit_line = 1024 * 1024;

/// The value of `prev` in the first line: 64 zeros.
[[nodiscard]] const std::string& chain_beginning();

/// An entry as it is written to the file.
struct audit_line {
  /// One JSON object without the newline.
  std::string text;
  /// The hash of this line, which the next line contains as `prev`.
  std::string hash;
};

/// Renders the line for `x` after the line whose hash is `prev`. It ends with
///
///     ,"prev":"<64 hex digits>","hash":"<64 hex digits>"}
///
/// and `hash` is the SHA-256 of all its bytes before `,"hash":"`, that is, of
/// the line without its last 75 bytes. Line 7 can therefore be checked with
///
///     sed -n 7p audit.log | head -c -76 | sha256sum
///
/// (76, because the newline counts.)
[[nodiscard]] audit_line render(const audit_entry& x, std::string_view prev);

/// A line's links in the chain.
struct audit_links {
  std::string_view prev;
  std::string_view hash;
  /// The bytes that `hash` must be the hash of.
  std::string_view hashed;
};

/// The links of a line without its newline, or nothing if it does not end like
/// a line of the log. Does not check that they are correct.
[[nodiscard]] std::optional<audit_links> find_links(std::string_view line);

/// Whether the line's hash matches its bytes.
[[nodiscard]] bool is_genuine(const audit_links& x);

// -- entries about the log itself ---------------------------------------------

/// Records that a crash cut the previous line short, with the length and the
/// SHA-256 of the remaining bytes. Those bytes stay in the file; the chain
/// continues from the line before them.
[[nodiscard]] audit_entry resumption_entry(timestamp when,
                                           std::size_t torn_bytes,
                                           std::string_view torn_hash);

/// Whether the line is a resumption entry that accounts for `torn`.
[[nodiscard]] bool accounts_for(std::string_view line, std::string_view torn);

/// Records that this many entries are missing here, for `reason` (one word).
[[nodiscard]] audit_entry gap_entry(timestamp when, std::uint64_t missing,
                                    std::string_view reason);

/// Whether the line records missing entries.
[[nodiscard]] bool is_gap(std::string_view line);

} // namespace bridgekeeper::store
