#include "domain/cost_ledger.hpp"

namespace bridgekeeper {

using std::chrono::days;

void cost_ledger::change_limits(const cost_limits& limits) {
  limits_ = limits;
  // A warning about the old limit does not apply to a higher one.
  session_.warned = session_.warned && is_close(session_, limits_.session);
  daily_.warned = daily_.warned && is_close(daily_, limits_.daily);
}

void cost_ledger::restore(micro_usd session, timestamp since, micro_usd today,
                          timestamp now) {
  session_since_ = since;
  session_.spent = session;
  turn_page(now);
  daily_.spent = today;
  session_.warned = is_close(session_, limits_.session);
  daily_.warned = is_close(daily_, limits_.daily);
}

std::optional<micro_usd> cost_ledger::reserve(timestamp now, bool has_price) {
  turn_page(now);
  auto wanted = share_of(has_price);
  if (!has_room(session_, limits_.session, wanted)
      || !has_room(daily_, limits_.daily, wanted))
    return std::nullopt;
  if (limits_.off())
    return micro_usd{};
  reserved_ = reserved_ + wanted;
  return wanted;
}

micro_usd cost_ledger::reserve_unchecked(bool has_price) {
  if (limits_.off())
    return {};
  auto wanted = share_of(has_price);
  reserved_ = reserved_ + wanted;
  return wanted;
}

void cost_ledger::release(micro_usd held) noexcept {
  reserved_ = reserved_ - held;
}

bool cost_ledger::settle(micro_usd held, micro_usd cost, timestamp now) {
  turn_page(now);
  release(held);
  session_.spent = session_.spent + cost;
  daily_.spent = daily_.spent + cost;
  auto session = crosses(session_, limits_.session);
  auto daily = crosses(daily_, limits_.daily);
  return session || daily;
}

void cost_ledger::reset_session(timestamp now) {
  turn_page(now);
  reset_at(now);
}

cost_view cost_ledger::view(timestamp now) {
  turn_page(now);
  cost_view out{show(session_, limits_.session), show(daily_, limits_.daily),
                reserved_};
  out.session.since = *session_since_;
  if (limits_.session_window.count() > 0)
    out.session.starts_again = *session_since_ + limits_.session_window;
  out.daily.since = today_;
  out.daily.starts_again = today_ + days{1};
  return out;
}

std::string cost_ledger::refusal(timestamp now, bool has_price) {
  auto seen = view(now);
  auto part = [this](const cost_view::account& x) {
    return to_string(x.spent + reserved_) + " / " + to_string(x.limit);
  };
  auto out = "Cost limit exceeded. Session: " + part(seen.session)
             + ", Daily: " + part(seen.daily) + "\n";
  auto wanted = share_of(has_price);
  auto again = [](const cost_view::account& x) {
    return to_iso8601_seconds(*x.starts_again);
  };
  if (!has_room(session_, limits_.session, wanted)) {
    out += "cost.session_limit_usd is reached. Session spending is reset to 0 ";
    if (seen.session.starts_again)
      out += "at " + again(seen.session) + " (cost.session_window), or ";
    out += "by `bridgekeeper costs --reset-session` or POST "
           "/control/context/reset.";
  }
  if (!has_room(daily_, limits_.daily, wanted)) {
    out += out.back() == '\n' ? "" : " ";
    out += "cost.daily_limit_usd is reached. Daily spending is reset to 0 at "
           + again(seen.daily) + ".";
  }
  return out;
}

void cost_ledger::reset_at(timestamp now) {
  session_ = {};
  session_since_ = now;
}

void cost_ledger::turn_page(timestamp now) {
  if (!session_since_)
    session_since_ = now;
  if (limits_.session_window.count() > 0
      && now >= *session_since_ + limits_.session_window)
    reset_at(now);
  // If the clock was set back, the session must not become longer.
  if (now < *session_since_)
    session_since_ = now;
  auto today = std::chrono::floor<days>(now);
  // Around midnight, two threads may get here in the wrong order, so ignore
  // yesterday's date. If the clock was set back further, follow it.
  if (today <= today_ && today + days{1} >= today_)
    return;
  today_ = today;
  daily_ = {};
}

micro_usd cost_ledger::share_of(bool has_price) const {
  return has_price ? limits_.reservation : micro_usd{};
}

bool cost_ledger::has_room(const account& x, micro_usd limit,
                           micro_usd wanted) const {
  auto promised = x.spent + reserved_;
  // This also enforces the limit when nothing is reserved.
  return limit == micro_usd{}
         || (promised < limit && promised + wanted <= limit);
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
  cost_view::account out;
  out.spent = x.spent;
  out.limit = limit;
  out.warning = is_close(x, limit);
  if (limit > micro_usd{})
    out.remaining = limit - x.spent;
  return out;
}

} // namespace bridgekeeper
