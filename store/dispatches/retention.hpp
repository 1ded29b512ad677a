#pragma once

#include "domain/timestamp.hpp"

#include <SQLiteCpp/Database.h>
#include <chrono>
#include <cstdint>

namespace bridgekeeper::store {

/// What is kept. Unfinished dispatches always are, with their events.
struct retention_limits {
  std::chrono::hours age = std::chrono::days{30};
  std::int64_t rows = 1'000'000;
  /// Of the file; space that removed rows have left does not count.
  std::int64_t bytes = std::int64_t{4} << 30;
  /// Progress reports.
  std::chrono::hours progress_age = std::chrono::days{7};
  /// The texts of tasks, results and progress; 0: as long as the rest.
  std::chrono::hours content_age{0};
};

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
