#include "app/adapters/usage_sum.hpp"

#include "app/adapters/agent_json.hpp"
#include "domain/limits.hpp"

#include <nlohmann/json.hpp>

namespace bridgekeeper::app {

using nlohmann::json;

usage_sum::usage_sum() : total_(std::make_unique<json>(json::object())) {}

usage_sum::~usage_sum() = default;

void usage_sum::add(const json& usage) {
  if (usage.is_object() && json_text(usage).size() <= max_object_length)
    add(*total_, usage);
}

void usage_sum::add(json& to, const json& from) {
  for (const auto& [name, value] : from.items()) {
    auto known = to.find(name);
    if (known == to.end()) {
      if (members_ >= max_members)
        continue;
      ++members_;
      known =
          to.emplace(name, value.is_object() ? json::object() : json()).first;
    }
    auto before = amount_of(to, name);
    auto more = amount_of(from, name);
    if (known->is_object() && value.is_object())
      add(*known, value);
    else if (before && more)
      *known = number_json(*before + *more);
    else if (!before)
      *known = value;
  }
}

json_object usage_sum::total() const {
  auto text = json_text(*total_);
  return text.size() > max_object_length ? json_object{}
                                         : json_object{std::move(text)};
}

} // namespace bridgekeeper::app
