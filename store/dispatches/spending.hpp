#pragma once

#include "domain/micro_usd.hpp"
#include "store/dispatches/statement.hpp"

#include <SQLiteCpp/Database.h>
#include <cstdint>

namespace bridgekeeper::store {

/// The day in UTC, counted from 1970.
[[nodiscard]] std::int64_t day_of(timestamp x) noexcept;

/// The sums of costs, by session and by day. Writer thread, in a transaction.
class spending {
public:
  explicit spending(SQLite::Database& db);

  /// Counts a cost in both sums.
  void settle(std::int64_t session, micro_usd cost, timestamp now);

private:
  statement session_;
  statement day_;
};

} // namespace bridgekeeper::store
