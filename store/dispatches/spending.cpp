#include "store/dispatches/spending.hpp"

#include <algorithm>
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

void spending::settle(std::int64_t session, micro_usd cost) {
  auto same = std::find_if(pending_.begin(), pending_.end(),
                           [&](const auto& x) { return x.first == session; });
  if (same != pending_.end())
    same->second = same->second + cost;
  else
    pending_.emplace_back(session, cost);
}

void spending::complete(timestamp now) {
  if (pending_.empty())
    return;
  micro_usd total;
  for (const auto& [session, cost] : pending_) {
    session_.run(session, cost);
    total = total + cost;
  }
  day_.run(day_of(now), total);
  pending_.clear();
}

} // namespace bridgekeeper::store
