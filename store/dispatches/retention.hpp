#pragma once

#include "domain/timestamp.hpp"
#include "store/dispatches/retention_limits.hpp"

#include <SQLiteCpp/Database.h>
#include <cstdint>

namespace bridgekeeper::store {

/// Removes what is too old or too much, a slice at a time, so that commits wait
/// only a moment for it. Writer thread, each call in a transaction.
class retention {
public:
  explicit retention(const retention_limits& limits) : limits_(limits) {}

  /// Removes at most 200 dispatches and 800 events. Returns whether it has
  /// removed anything, so that more may be left to remove.
  [[nodiscard]] bool remove_slice(SQLite::Database& db, timestamp now);

  /// The transaction was not committed.
  void recount() noexcept {
    counted_ = -1;
  }

private:
  [[nodiscard]] std::int64_t surplus_rows(SQLite::Database& db);

  retention_limits limits_;
  /// The number of dispatches. Counted once, then kept up to date.
  std::int64_t counted_ = -1;
  std::int64_t counted_up_to_ = 0;
};

} // namespace bridgekeeper::store
