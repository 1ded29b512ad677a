#include "domain/failure_class.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace bridgekeeper {

namespace {

using enum failure_class;

constexpr std::array<std::pair<failure_class, std::string_view>, 9> names{{
    {rate_limited, "rate_limited"},
    {auth, "auth"},
    {max_turns, "max_turns"},
    {budget, "budget"},
    {crashed, "crashed"},
    {timed_out, "timed_out"},
    {idle, "idle"},
    {context_too_long, "context_too_long"},
    {no_session, "no_session"},
}};

} // namespace

std::string_view to_string(failure_class x) noexcept {
  auto i = std::ranges::find(names, x, &decltype(names)::value_type::first);
  return i != names.end() ? i->second : "unknown";
}

std::optional<failure_class> to_failure_class(std::string_view name) noexcept {
  auto i = std::ranges::find(names, name, &decltype(names)::value_type::second);
  return i != names.end() ? std::optional{i->first} : std::nullopt;
}

} // namespace bridgekeeper
