#include "actors/access/attempt_throttle.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <utility>

namespace bridgekeeper::actors {

namespace {

using std::chrono::milliseconds;

/// More failures than this make no difference: any delay has grown to its
/// longest by then.
constexpr std::size_t doublings = 16;

/// What an address counts under.
std::string counted_as(const std::string& ip) {
  constexpr std::size_t network_bytes = 8;
  in6_addr address{};
  if (inet_pton(AF_INET6, ip.c_str(), &address) != 1
      || IN6_IS_ADDR_V4MAPPED(&address) != 0)
    return ip;
  std::fill(std::begin(address.s6_addr) + network_bytes,
            std::end(address.s6_addr), std::uint8_t{0});
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(AF_INET6, &address, text, sizeof text);
  return text;
}

} // namespace

attempt_throttle::held_answer::~held_answer() {
  throttle_->release(address_);
}

void attempt_throttle::change_rule(const throttle_rule& rule) {
  std::lock_guard guard{mutex_};
  rule_ = rule;
}

attempt_throttle::penalty attempt_throttle::on_failure(const std::string& ip,
                                                       time_point now) {
  auto address = counted_as(ip);
  std::lock_guard guard{mutex_};
  if (rule_.longest == milliseconds{0})
    return {};
  penalty out;
  out.delay = delay_of(count_failure(address, now));
  if (out.delay == milliseconds{0})
    return out;
  auto& held = held_[address];
  if (held >= rule_.held_answers) {
    out.delay = milliseconds{0};
    out.too_many = true;
    return out;
  }
  ++held;
  out.place =
      std::make_unique<held_answer>(shared_from_this(), std::move(address));
  return out;
}

std::size_t attempt_throttle::addresses() const {
  std::lock_guard guard{mutex_};
  return entries_.size();
}

std::size_t attempt_throttle::count_failure(const std::string& address,
                                            time_point now) {
  auto known = by_address_.find(address);
  if (known != by_address_.end()) {
    entries_.splice(entries_.begin(), entries_, known->second);
  } else {
    entries_.push_front({address, {}});
    by_address_.emplace(address, entries_.begin());
  }
  auto& failures = entries_.front().failures;
  failures.push_back(now);
  while (failures.size() > rule_.free_attempts + doublings
         || failures.front() + rule_.window <= now)
    failures.erase(failures.begin());
  auto out = failures.size();
  if (entries_.size() > rule_.addresses) {
    by_address_.erase(entries_.back().address);
    entries_.pop_back();
  }
  return out;
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

void attempt_throttle::release(const std::string& address) noexcept {
  std::lock_guard guard{mutex_};
  auto held = held_.find(address);
  if (held != held_.end() && --held->second == 0)
    held_.erase(held);
}

} // namespace bridgekeeper::actors
