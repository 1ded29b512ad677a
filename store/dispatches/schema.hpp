#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace bridgekeeper::store {

/// Marks the file as Bridgekeeper's ("Bkpr"). In SQLite's header, so `file` and
/// other programs see it too.
inline constexpr std::int32_t application_id = 0x426b7072;

/// One step from a version of the schema to the next.
struct migration {
  /// The version after this step; the step before it must have made `to` - 1.
  std::int32_t to = 0;
  /// Statements that are executed in one transaction.
  std::string_view sql;
};

/// All steps, starting with an empty file. The last one leads to the version
/// that this program reads and writes.
[[nodiscard]] std::span<const migration> migrations() noexcept;

} // namespace bridgekeeper::store
