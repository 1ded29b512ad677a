#include "domain/access/attempt_throttle.hpp"

#include "domain/counted_address.hpp"

#include <algorithm>

namespace bridgekeeper {

namespace {

using std::chrono::milliseconds;

/// At most this many different wrong tokens are remembered per address. A token
/// that has dropped out counts as a new guess if it is sent again.
constexpr std::size_t most_tokens = 32;

} // namespace

void attempt_throttle::change_rule(const throttle_rule& rule) {
  std::lock_guard guard{mutex_};
  rule_ = rule;
}

attempt_throttle::turn attempt_throttle::take_turn(const std::string& address,
                                                   std::string_view token,
                                                   time_point now) {
  std::unique_lock lock{mutex_};
  auto longest_wait = rule_.longest;
  lock.unlock();
  return take_turn(address, token, now, longest_wait);
}

attempt_throttle::turn attempt_throttle::take_turn(const std::string& address,
                                                   std::string_view token,
                                                   time_point now,
                                                   milliseconds longest_wait) {
  std::lock_guard guard{mutex_};
  auto known = by_address_.find(address);
  if (known == by_address_.end()
      || !is_in_penalty(*known->second, secret_fingerprint(token), now))
    return {};
  auto mine = next_turn(*known->second, now);
  if (mine > now + longest_wait)
    return {milliseconds{0}, true};
  known->second->last_turn = mine;
  return {std::chrono::ceil<milliseconds>(mine - now), false};
}

bool attempt_throttle::slows(const std::string& address, std::string_view token,
                             time_point now) const {
  std::lock_guard guard{mutex_};
  auto known = find(address);
  return known != nullptr
         && is_in_penalty(*known, secret_fingerprint(token), now);
}

bool attempt_throttle::is_full(const std::string& address, time_point now,
                               milliseconds longest_wait) const {
  std::lock_guard guard{mutex_};
  auto known = find(address);
  return known != nullptr && next_turn(*known, now) > now + longest_wait
         && rule_.longest > milliseconds{0};
}

void attempt_throttle::on_failure(const std::string& address,
                                  std::string_view token, time_point now) {
  auto hash = secret_fingerprint(token);
  std::lock_guard guard{mutex_};
  if (rule_.longest == milliseconds{0})
    return;
  auto known = by_address_.find(address);
  if (known != by_address_.end()) {
    entries_.splice(entries_.begin(), entries_, known->second);
  } else {
    entries_.push_front({address, {}, {}});
    by_address_.emplace(address, entries_.begin());
  }
  auto& failures = entries_.front().failures;
  std::erase_if(failures,
                [&](const auto& x) { return x.when + rule_.window <= now; });
  if (std::any_of(failures.begin(), failures.end(),
                  [hash](const auto& x) { return x.token == hash; }))
    return;
  if (failures.size() == most_tokens)
    failures.erase(failures.begin());
  failures.push_back({hash, now});
  if (entries_.size() > rule_.addresses && entries_.size() > 1) {
    by_address_.erase(entries_.back().address);
    entries_.pop_back();
  }
}

std::size_t attempt_throttle::addresses() const {
  std::lock_guard guard{mutex_};
  return entries_.size();
}

bool attempt_throttle::is_in_penalty(const entry& x, std::uint64_t token,
                                     time_point now) const {
  if (rule_.longest == milliseconds{0})
    return false;
  std::size_t recent = 0;
  for (const auto& failed : x.failures) {
    if (failed.when + rule_.window <= now)
      continue;
    // A repeated wrong token reveals nothing new to its sender.
    if (failed.token == token)
      return false;
    ++recent;
  }
  return recent >= rule_.free_attempts;
}

const attempt_throttle::entry*
attempt_throttle::find(const std::string& address) const {
  auto known = by_address_.find(address);
  return known == by_address_.end() ? nullptr : &*known->second;
}

attempt_throttle::time_point attempt_throttle::next_turn(const entry& x,
                                                         time_point now) const {
  return std::max(x.last_turn, now) + rule_.interval;
}

std::string throttled_address(const std::string& ip, bool is_foreign_page) {
  auto out = counted_address(ip);
  return is_foreign_page ? "page " + out : out;
}

} // namespace bridgekeeper
