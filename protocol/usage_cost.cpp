#include "protocol/usage_cost.hpp"

#include "protocol/json_fields.hpp"

#include <array>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace bridgekeeper::protocol {

namespace {

using names = std::initializer_list<std::string_view>;

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

/// A finite number of at least 0, if the member is one.
std::optional<double> amount(const json_fields& usage, std::string_view name) {
  const auto& field = usage.find(name);
  if (field.kind != json_kind::number || !std::isfinite(field.number)
      || field.number < 0)
    return std::nullopt;
  return field.number;
}

/// The sum of those that are amounts; nothing if none is.
std::optional<double> sum(const json_fields& usage, names members) {
  std::optional<double> out;
  for (auto name : members)
    if (auto x = amount(usage, name))
      out = out.value_or(0) + *x;
  return out;
}

double count_tokens(const json_fields& usage) {
  for (auto group :
       {names{"total_tokens"}, names{"prompt_tokens", "completion_tokens"},
        names{"input_tokens", "output_tokens", "cache_creation_input_tokens",
              "cache_read_input_tokens"}})
    if (auto tokens = sum(usage, group))
      return *tokens;
  return 0;
}

} // namespace

micro_usd cost_of(const json_object& usage, micro_usd per_1k_tokens) {
  // Most bridges report nothing.
  if (usage.str() == "{}")
    return {};
  auto fields = json_fields::parse(usage.str(), wanted);
  if (!fields)
    return {};
  for (auto name : {"cost_usd", "total_cost_usd", "usd_cost", "cost"})
    if (auto cost = amount(*fields, name))
      return micro_usd::from_usd(*cost);
  return micro_usd::from_usd(count_tokens(*fields) / 1000
                             * per_1k_tokens.to_usd());
}

} // namespace bridgekeeper::protocol
