#include "actors/access/attempt_throttle.hpp"

#include "actors/access/counted_address.hpp"

#include <algorithm>

namespace bridgekeeper::actors {

namespace {

using std::chrono::milliseconds;

/// More failures than this make no difference: any delay has grown to its
/// longest by then.
constexpr std::size_t doublings = 16;

} // namespace

std::size_t attempt_throttle::entry::waiting(time_point now) const {
  return static_cast<std::size_t>(std::count_if(
      held.begin(), held.end(), [now](time_point due) { return now < due; }));
}

void attempt_throttle::change_rule(const throttle_rule& rule) {
  std::lock_guard guard{mutex_};
  rule_ = rule;
}

bool attempt_throttle::is_full(const std::string& ip, time_point now) const {
  std::lock_guard guard{mutex_};
  if (rule_.longest == milliseconds{0} || entries_.empty())
    return false;
  auto known = by_address_.find(counted_address(ip));
  return known != by_address_.end()
         && known->second->waiting(now) >= rule_.held_answers;
}

attempt_throttle::penalty attempt_throttle::on_failure(const std::string& ip,
                                                       time_point now) {
  auto address = counted_address(ip);
  std::lock_guard guard{mutex_};
  if (rule_.longest == milliseconds{0})
    return {};
  auto& failed = count_failure(address, now);
  auto delay = delay_of(failed.failures.size());
  if (delay == milliseconds{0})
    return {};
  std::erase_if(failed.held, [now](time_point due) { return due <= now; });
  if (failed.held.size() >= rule_.held_answers)
    return {milliseconds{0}, true};
  failed.held.push_back(now + delay);
  return {delay, false};
}

std::size_t attempt_throttle::addresses() const {
  std::lock_guard guard{mutex_};
  return entries_.size();
}

attempt_throttle::entry&
attempt_throttle::count_failure(const std::string& address, time_point now) {
  auto known = by_address_.find(address);
  if (known != by_address_.end()) {
    entries_.splice(entries_.begin(), entries_, known->second);
  } else {
    entries_.push_front({address, {}, {}});
    by_address_.emplace(address, entries_.begin());
  }
  auto& failures = entries_.front().failures;
  failures.push_back(now);
  while (failures.size() > rule_.free_attempts + doublings
         || failures.front() + rule_.window <= now)
    failures.erase(failures.begin());
  if (entries_.size() > rule_.addresses && entries_.size() > 1) {
    by_address_.erase(entries_.back().address);
    entries_.pop_back();
  }
  return entries_.front();
}

milliseconds attempt_throttle::delay_of(std::size_t failures) const {
  if (failures <= rule_.free_attempts)
    return milliseconds{0};
  auto out = rule_.first;
  for (auto i = rule_.free_attempts + 1; i < failures && out < rule_.longest;
       ++i)
    out *= 2;
  return std::min(out, rule_.longest);
}

} // namespace bridgekeeper::actors
