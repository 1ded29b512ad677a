#include "actors/admission.hpp"

#include "net/counted_address.hpp"
#include "protocol/usage_cost.hpp"

namespace bridgekeeper::actors {

using protocol::errc;
using protocol::failure;

namespace {

cost_ledger::day day_of(protocol::timestamp now) {
  return std::chrono::floor<std::chrono::days>(now);
}

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

std::optional<admission::settlement>
admission::reservation::settle(const protocol::json_object& usage,
                               protocol::timestamp now) {
  if (owner_ == nullptr)
    return std::nullopt;
  micro_usd rate{owner_->per_1k_tokens_.load(std::memory_order_relaxed)};
  auto cost = cost_of(usage, rate);
  if (cost == micro_usd{}) {
    release();
    return std::nullopt;
  }
  return std::exchange(owner_, nullptr)->settle(held_, cost, now);
}

// -- admission ----------------------------------------------------------------

admission::admission(const admission_limits& limits)
  : agents_(limits.agent_per_minute), ips_(limits.ip_per_minute),
    costs_(limits.cost), limited_(limits_anything(limits)),
    per_1k_tokens_(limits.per_1k_tokens.count()) {}

void admission::change_limits(const admission_limits& limits) {
  std::lock_guard guard{mutex_};
  agents_.change_limit(limits.agent_per_minute);
  ips_.change_limit(limits.ip_per_minute);
  costs_.change_limits(limits.cost);
  limited_ = limits_anything(limits);
  per_1k_tokens_ = limits.per_1k_tokens.count();
}

protocol::result<admission::reservation>
admission::admit(const protocol::agent_id& agent, const std::string& ip,
                 moment now) {
  if (!limited_.load(std::memory_order_relaxed))
    return reservation{*this, {}};
  auto counted = net::counted_address(ip);
  std::lock_guard guard{mutex_};
  if (!agents_.has_room(agent.str(), now.steady)
      || !ips_.has_room(counted, now.steady))
    return failure{errc::rate_limited, {}};
  auto today = day_of(now.wall);
  auto held = costs_.reserve(today);
  if (!held)
    return failure{errc::cost_limit, costs_.refusal(today)};
  agents_.add(agent.str(), now.steady);
  ips_.add(counted, now.steady);
  return reservation{*this, *held};
}

dispatch_rates admission::rates(const protocol::agent_id& agent,
                                const std::string& ip,
                                std::chrono::steady_clock::time_point now) {
  if (!limited_.load(std::memory_order_relaxed))
    return {};
  auto counted = net::counted_address(ip);
  std::lock_guard guard{mutex_};
  return {agents_.look(agent.str(), now), ips_.look(counted, now)};
}

cost_view admission::costs(protocol::timestamp now) {
  std::lock_guard guard{mutex_};
  return costs_.view(day_of(now));
}

void admission::release(micro_usd held) noexcept {
  std::lock_guard guard{mutex_};
  costs_.release(held);
}

admission::settlement admission::settle(micro_usd held, micro_usd cost,
                                        protocol::timestamp now) {
  std::lock_guard guard{mutex_};
  auto today = day_of(now);
  auto warning = costs_.settle(held, cost, today);
  auto view = costs_.view(today);
  return {cost, view.session.spent, view.daily.spent, warning};
}

} // namespace bridgekeeper::actors
