#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bridgekeeper::store {

/// Why the store cannot write at the moment.
enum class fault : std::uint8_t {
  none,
  /// The disk or the user's quota is full.
  full,
  /// The disk does not read or write. Commits in progress may or may not have
  /// reached it.
  io_error,
  /// Another program holds the file's write lock.
  busy,
  /// The file is damaged.
  corrupt,
  /// The file or its directory cannot be written or opened.
  read_only,
  /// A later version of Bridgekeeper has written the file.
  newer_schema,
};

/// Stable and machine-readable: `store_full`. Empty for `none`.
[[nodiscard]] std::string_view token(fault x) noexcept;

/// For people; a complete sentence without a full stop. Empty for `none`.
[[nodiscard]] std::string_view sentence(fault x) noexcept;

/// Whether the fault may end without a restart, so that probing makes sense.
[[nodiscard]] constexpr bool may_pass(fault x) noexcept {
  return x == fault::full || x == fault::io_error || x == fault::busy
         || x == fault::read_only;
}

/// What an error of SQLite means for the store. `code` is a result code, basic
/// or extended; `system_errno` is what `sqlite3_system_errno` reports, and
/// tells a full or read-only disk from a broken one.
[[nodiscard]] fault classify(int code, int system_errno) noexcept;

/// The store cannot be opened. `what()` says what happened, to which file, and
/// what to do next.
class open_error : public std::runtime_error {
public:
  open_error(fault why, const std::string& text)
    : std::runtime_error(text), why_(why) {}

  [[nodiscard]] fault why() const noexcept {
    return why_;
  }

private:
  fault why_;
};

} // namespace bridgekeeper::store
