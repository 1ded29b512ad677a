#include "domain/admission.hpp"

#include "domain/counted_address.hpp"

namespace bridgekeeper {

namespace {

bool limits_anything(const admission_limits& x) {
  return x.agent_per_minute > 0 || x.ip_per_minute > 0 || !x.cost.off();
}

} // namespace

// -- reservation --------------------------------------------------------------

void admission::reservation::release() noexcept {
  auto owner = std::exchange(owner_, nullptr);
  if (owner != nullptr && held_ > micro_usd{})
    owner->release(held_);
}

usage_price admission::reservation::price() const noexcept {
  return {micro_usd{owner_->max_per_dispatch_.load(std::memory_order_relaxed)},
          micro_usd{owner_->per_1k_tokens_.load(std::memory_order_relaxed)}};
}

std::optional<admission::settlement>
admission::reservation::settle(const agent_id& agent, const usage_cost& found,
                               timestamp now) {
  if (owner_ == nullptr)
    return std::nullopt;
  if (found.cost == micro_usd{} && !found.implausible) {
    release();
    return std::nullopt;
  }
  auto out =
      std::exchange(owner_, nullptr)->settle(agent, held_, found.cost, now);
  out.implausible = found.implausible;
  return out;
}

// -- admission ----------------------------------------------------------------

admission::admission(const admission_limits& limits)
  : agents_(limits.agent_per_minute), ips_(limits.ip_per_minute),
    costs_(limits.cost), limited_(limits_anything(limits)),
    per_1k_tokens_(limits.per_1k_tokens.count()),
    max_per_dispatch_(limits.max_per_dispatch.count()) {}

void admission::change_limits(const admission_limits& limits) {
  std::lock_guard guard{mutex_};
  agents_.change_limit(limits.agent_per_minute);
  ips_.change_limit(limits.ip_per_minute);
  costs_.change_limits(limits.cost);
  limited_ = limits_anything(limits);
  per_1k_tokens_ = limits.per_1k_tokens.count();
  max_per_dispatch_ = limits.max_per_dispatch.count();
}

void admission::restore(micro_usd session, timestamp since, micro_usd today,
                        timestamp now) {
  std::lock_guard guard{mutex_};
  costs_.restore(session, since, today, now);
}

boost::system::result<admission::reservation, admission_refusal>
admission::admit(const agent_id& agent, const std::string& ip, moment now) {
  if (!limited_.load(std::memory_order_relaxed))
    return reservation{*this, {}};
  auto counted = counted_address(ip);
  std::lock_guard guard{mutex_};
  auto agent_has_room = agents_.has_room(agent.str(), now.steady);
  if (!agent_has_room || !ips_.has_room(counted, now.steady)) {
    admission_refusal out{
        {errc::rate_limited, {}}, {}, !agent_has_room, {}, {}};
    out.rates = {agents_.look(agent.str(), now.steady),
                 ips_.look(counted, now.steady)};
    return out;
  }
  auto held = costs_.reserve(now.wall, has_price(agent));
  if (!held)
    return refuse_cost(agent, now);
  agents_.add(agent.str(), now.steady);
  ips_.add(counted, now.steady);
  return reservation{*this, *held};
}

void admission::take_back(const agent_id& agent, const std::string& ip) {
  std::lock_guard guard{mutex_};
  agents_.take_back(agent.str());
  ips_.take_back(counted_address(ip));
}

admission::reservation admission::reserve_again(const agent_id& agent) {
  if (!limited_.load(std::memory_order_relaxed))
    return {*this, {}};
  std::lock_guard guard{mutex_};
  return {*this, costs_.reserve_unchecked(has_price(agent))};
}

bool admission::has_price(const agent_id& agent) const {
  return per_1k_tokens_.load(std::memory_order_relaxed) > 0
         || priced_.contains(agent);
}

admission_refusal admission::refuse_cost(const agent_id& agent, moment now) {
  return {{errc::cost_limit, costs_.refusal(now.wall, has_price(agent))},
          {},
          false,
          costs_.view(now.wall),
          refusals_.admit(now.steady)};
}

dispatch_rates admission::rates(const agent_id& agent, const std::string& ip,
                                std::chrono::steady_clock::time_point now) {
  if (!limited_.load(std::memory_order_relaxed))
    return {};
  auto counted = counted_address(ip);
  std::lock_guard guard{mutex_};
  return {agents_.look(agent.str(), now), ips_.look(counted, now)};
}

cost_view admission::costs(timestamp now) {
  std::lock_guard guard{mutex_};
  return costs_.view(now);
}

cost_view admission::reset_session(timestamp now) {
  std::lock_guard guard{mutex_};
  auto before = costs_.view(now);
  costs_.reset_session(now);
  // Log the next refusal immediately: it belongs to a new session.
  refusals_ = complaint_throttle{refusal_interval};
  return before;
}

void admission::release(micro_usd held) noexcept {
  std::lock_guard guard{mutex_};
  costs_.release(held);
}

admission::settlement admission::settle(const agent_id& agent, micro_usd held,
                                        micro_usd cost, timestamp now) {
  std::lock_guard guard{mutex_};
  auto warning = costs_.settle(held, cost, now);
  if (cost > micro_usd{})
    priced_.add(agent);
  auto view = costs_.view(now);
  return {cost, view.session.spent, view.daily.spent, warning, {}};
}

} // namespace bridgekeeper
