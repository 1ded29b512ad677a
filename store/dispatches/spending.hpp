#pragma once

#include "domain/micro_usd.hpp"
#include "store/dispatches/statement.hpp"

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <utility>
#include <vector>

namespace bridgekeeper::store {

/// The day in UTC, counted from 1970.
[[nodiscard]] std::int64_t day_of(timestamp x) noexcept;

/// The sums of costs, by session and by day. Writer thread, in a transaction.
class spending {
public:
  explicit spending(SQLite::Database& db);

  /// Counts a cost in both sums, which are stored with `complete`: a batch has
  /// many costs of few sessions.
  void settle(std::int64_t session, micro_usd cost);

  /// Completes the transaction before its commit.
  void complete(timestamp now);

  /// The transaction was not committed.
  void roll_back() noexcept {
    pending_.clear();
  }

private:
  std::vector<std::pair<std::int64_t, micro_usd>> pending_;
  statement session_;
  statement day_;
};

} // namespace bridgekeeper::store
