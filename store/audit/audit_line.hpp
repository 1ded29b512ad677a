#pragma once

#include "domain/messages.hpp"
#include "domain/timestamp.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::store {

/// Something that may have to be proved later. Empty texts are left out of the
/// line (contract section 5).
struct audit_entry {
  timestamp when{};
  /// `auth_failure`, `task_dispatched`, …
  std::string event;
  /// `result`: "success", or "failure" for what was refused or went wrong.
  bool success = true;
  std::string agent;
  std::string ip;
  std::string session;
  /// The token's label. Never the token.
  std::string token;
  std::optional<json_object> metadata;
};

/// No line is longer than this, in bytes.
inline constexpr std::size_t max_audit_line = 1024 * 1024;

/// What `prev` says where there is no line before: 64 zeros.
[[nodiscard]] const std::string& chain_beginning();

/// An entry as it stands in the file.
struct audit_line {
  /// One JSON object, without the newline.
  std::string text;
  /// Its own hash, which the next line carries as `prev`.
  std::string hash;
};

/// The line for `x` behind the line whose hash is `prev`. It ends with
///
///     ,"prev":"<64 hex digits>","hash":"<64 hex digits>"}
///
/// and `hash` is the SHA-256 of all its bytes before `,"hash":"`: of the line
/// without its last 75 bytes. So line 7 is checked with
///
///     sed -n 7p audit.log | head -c -76 | sha256sum
///
/// (76, because the newline counts.)
[[nodiscard]] audit_line render(const audit_entry& x, std::string_view prev);

/// What a line says of its place in the chain.
struct audit_links {
  std::string_view prev;
  std::string_view hash;
  /// The bytes that `hash` is to be the hash of.
  std::string_view hashed;
};

/// The links of a line without its newline, or nothing if it does not end as a
/// line does. Says nothing of whether they are true.
[[nodiscard]] std::optional<audit_links> find_links(std::string_view line);

/// Whether the line's hash is the hash of its bytes.
[[nodiscard]] bool is_genuine(const audit_links& x);

// -- what the log says of itself ----------------------------------------------

/// Says that a crash cut the line before short: by these bytes, with this
/// SHA-256. They stay where they are; the chain goes on from the line before
/// them.
[[nodiscard]] audit_entry resumption_entry(timestamp when,
                                           std::size_t torn_bytes,
                                           std::string_view torn_hash);

/// Whether the line is a resumption that accounts for `torn`.
[[nodiscard]] bool accounts_for(std::string_view line, std::string_view torn);

/// Says that so many entries are missing at this place, for `reason` (a word).
[[nodiscard]] audit_entry gap_entry(timestamp when, std::uint64_t missing,
                                    std::string_view reason);

/// Whether the line says that entries are missing.
[[nodiscard]] bool is_gap(std::string_view line);

} // namespace bridgekeeper::store
