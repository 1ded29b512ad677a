#include "protocol/usage_cost.hpp"

#include "protocol/json_fields.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace bridgekeeper::protocol {

namespace {

using member_names = std::initializer_list<std::string_view>;

constexpr std::array<std::string_view, 11> wanted{
    "cost_usd",
    "total_cost_usd",
    "usd_cost",
    "cost",
    "total_tokens",
    "prompt_tokens",
    "completion_tokens",
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
};

/// The value of a member that is a number or a number written as text.
std::optional<double> number_of(const json_field& x) {
  if (x.kind == json_kind::number)
    return x.number;
  if (x.kind != json_kind::string)
    return std::nullopt;
  auto out = 0.0;
  auto last = x.text.data() + x.text.size();
  auto [end, error] = std::from_chars(x.text.data(), last, out);
  if (error != std::errc{} || end != last)
    return std::nullopt;
  return out;
}

/// The member's value if it is a finite number of at least 0.
std::optional<double> amount(const json_fields& usage, std::string_view name) {
  auto out = number_of(usage.find(name));
  return out && std::isfinite(*out) && *out >= 0 ? out : std::nullopt;
}

/// The sum of the members that are valid amounts; nothing if there are none.
std::optional<double> sum(const json_fields& usage, member_names members) {
  std::optional<double> out;
  for (auto name : members)
    if (auto x = amount(usage, name))
      out = out.value_or(0) + *x;
  return out;
}

double count_tokens(const json_fields& usage) {
  for (auto group :
       {member_names{"total_tokens"},
        member_names{"prompt_tokens", "completion_tokens"},
        member_names{"input_tokens", "output_tokens",
                     "cache_creation_input_tokens", "cache_read_input_tokens"}})
    if (auto tokens = sum(usage, group))
      return *tokens;
  return 0;
}

/// The cost reported by the bridge, in US dollars.
std::optional<double> reported_cost(const json_fields& usage) {
  for (auto name : {"cost_usd", "total_cost_usd", "usd_cost", "cost"})
    if (auto cost = amount(usage, name))
      return cost;
  return std::nullopt;
}

} // namespace

usage_cost cost_of(const json_object& usage, const usage_price& price) {
  // Fast path: most bridges report no usage.
  if (usage.str() == "{}")
    return {};
  auto fields = json_fields::parse(usage.str(), wanted);
  if (!fields)
    return {};
  auto is_plausible = [&price](double usd) {
    return price.max_per_dispatch == micro_usd{}
           || usd <= price.max_per_dispatch.to_usd();
  };
  usage_cost out;
  if (auto reported = reported_cost(*fields)) {
    if (is_plausible(*reported))
      return {micro_usd::from_usd(*reported), {}};
    out.implausible = reported;
  }
  auto by_tokens = count_tokens(*fields) / 1000 * price.per_1k_tokens.to_usd();
  if (is_plausible(by_tokens))
    out.cost = micro_usd::from_usd(by_tokens);
  else if (!out.implausible)
    out.implausible = by_tokens;
  return out;
}

} // namespace bridgekeeper::protocol
