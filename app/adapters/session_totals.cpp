#include "app/adapters/session_totals.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace bridgekeeper::app {

namespace {

double known_amount(const usage_amounts& known, const std::string& name) {
  auto i = known.find(name);
  return i != known.end() ? i->second : 0;
}

/// The difference of two sums of money or tokens, without the traces of binary
/// fractions: 0.3 - 0.1 is 0.2.
double difference(double x, double y) {
  constexpr auto precision = 1e9;
  return y == 0 ? x : std::round((x - y) * precision) / precision;
}

} // namespace

usage_amounts session_totals::advance(const std::string& session,
                                      const usage_amounts& totals,
                                      const std::string& origin) {
  if (session.empty())
    return totals;
  if (auto found = places_.find(session); found != places_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
  } else {
    entry begun;
    if (auto base = places_.find(origin); base != places_.end())
      begun = *base->second;
    begun.session = session;
    entries_.push_front(std::move(begun));
    places_.emplace(session, entries_.begin());
    if (entries_.size() > max_sessions) {
      places_.erase(entries_.back().session);
      entries_.pop_back();
    }
  }
  auto& known = entries_.front();
  known.counts_from_zero =
      known.counts_from_zero || std::ranges::any_of(totals, [&](const auto& x) {
        return x.second < known_amount(known.totals, x.first);
      });
  if (known.counts_from_zero)
    return totals;
  usage_amounts out;
  for (const auto& [name, total] : totals)
    out[name] = difference(total, known_amount(known.totals, name));
  for (const auto& [name, total] : totals)
    known.totals[name] = total;
  return out;
}

} // namespace bridgekeeper::app
