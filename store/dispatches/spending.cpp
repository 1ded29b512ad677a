#include "store/dispatches/spending.hpp"

#include <chrono>

namespace bridgekeeper::store {

std::int64_t day_of(timestamp x) noexcept {
  return std::chrono::floor<std::chrono::days>(x).time_since_epoch().count();
}

// Sums saturate as `micro_usd` does.
spending::spending(SQLite::Database& db)
  : session_(db, "UPDATE sessions SET spent_musd ="
                 " min(spent_musd + ?2, 1000000000000000000) WHERE n = ?1"),
    day_(db, "INSERT INTO days VALUES(?1, ?2) ON CONFLICT(day) DO UPDATE SET"
             " spent_musd = min(spent_musd + ?2, 1000000000000000000)") {}

void spending::settle(std::int64_t session, micro_usd cost, timestamp now) {
  session_.run(session, cost);
  day_.run(day_of(now), cost);
}

} // namespace bridgekeeper::store
