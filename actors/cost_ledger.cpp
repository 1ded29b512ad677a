#include "actors/cost_ledger.hpp"

namespace bridgekeeper::actors {

void cost_ledger::change_limits(const cost_limits& limits) {
  limits_ = limits;
  // Who raises a limit wants to be warned of the new one.
  session_.warned = session_.warned && is_close(session_, limits_.session);
  daily_.warned = daily_.warned && is_close(daily_, limits_.daily);
}

std::optional<micro_usd> cost_ledger::reserve(day today) {
  turn_page(today);
  if (!has_room(session_, limits_.session) || !has_room(daily_, limits_.daily))
    return std::nullopt;
  if (limits_.off())
    return micro_usd{};
  reserved_ = reserved_ + limits_.reservation;
  return limits_.reservation;
}

void cost_ledger::release(micro_usd held) noexcept {
  reserved_ = reserved_ - held;
}

bool cost_ledger::settle(micro_usd held, micro_usd cost, day today) {
  turn_page(today);
  release(held);
  session_.spent = session_.spent + cost;
  daily_.spent = daily_.spent + cost;
  auto session = crosses(session_, limits_.session);
  auto daily = crosses(daily_, limits_.daily);
  return session || daily;
}

cost_view cost_ledger::view(day today) {
  turn_page(today);
  return {show(session_, limits_.session), show(daily_, limits_.daily)};
}

std::string cost_ledger::refusal(day today) {
  turn_page(today);
  auto part = [this](const account& x, micro_usd limit) {
    return to_string(x.spent + reserved_) + " / " + to_string(limit);
  };
  return "Cost limit exceeded. Session: " + part(session_, limits_.session)
         + ", Daily: " + part(daily_, limits_.daily);
}

void cost_ledger::turn_page(day today) {
  // At midnight two threads may come in the wrong order: yesterday is no news.
  // A clock that was set back further is.
  if (today <= today_ && today + std::chrono::days{1} >= today_)
    return;
  today_ = today;
  daily_ = {};
}

bool cost_ledger::has_room(const account& x, micro_usd limit) const {
  auto promised = x.spent + reserved_;
  // Without reservations a limit still holds once it is reached.
  return limit == micro_usd{}
         || (promised < limit && promised + limits_.reservation <= limit);
}

bool cost_ledger::is_close(const account& x, micro_usd limit) const {
  return limit > micro_usd{}
         && x.spent >= micro_usd::from_usd(limits_.warning_threshold
                                           * limit.to_usd());
}

bool cost_ledger::crosses(account& x, micro_usd limit) const {
  if (x.warned || !is_close(x, limit))
    return false;
  x.warned = true;
  return true;
}

cost_view::account cost_ledger::show(const account& x, micro_usd limit) const {
  cost_view::account out{x.spent, limit, {}, is_close(x, limit)};
  if (limit > micro_usd{})
    out.remaining = limit - x.spent;
  return out;
}

} // namespace bridgekeeper::actors
