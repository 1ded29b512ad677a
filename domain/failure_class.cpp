#include "domain/failure_class.hpp"

#include <algorithm>
#include <array>

namespace bridgekeeper {

namespace {

using enum failure_class;

constexpr std::array<failure_class, 9> all{
    rate_limited, auth, max_turns,        budget,     crashed,
    timed_out,    idle, context_too_long, no_session,
};

struct description {
  std::string_view name;
  std::string_view sentence;
};

/// In the order of their numbers.
constexpr std::array<description, all.size()> descriptions{{
    {"rate_limited", "The agent's provider takes no more requests for now"},
    {"auth", "The agent is not logged in, or its credentials were rejected"},
    {"max_turns", "The agent used up the turns that it was allowed"},
    {"budget", "The agent used up the money that it was allowed"},
    {"crashed", "The agent ended without saying how the task ended"},
    {"timed_out", "The task took longer than it was allowed"},
    {"idle", "The agent printed nothing for too long"},
    {"context_too_long", "The task exceeds the context of the agent's model"},
    {"no_session", "The agent no longer has the session to continue"},
}};

/// Nothing is known of a number from another version.
const description& describe(failure_class x) noexcept {
  static constexpr description unknown{"unknown", "The reason is unknown"};
  auto i = static_cast<std::size_t>(x) - 1;
  return i < descriptions.size() ? descriptions[i] : unknown;
}

} // namespace

std::string_view to_string(failure_class x) noexcept {
  return describe(x).name;
}

std::optional<failure_class> to_failure_class(std::string_view name) noexcept {
  for (auto x : all)
    if (to_string(x) == name)
      return x;
  return std::nullopt;
}

std::optional<failure_class> to_failure_class(std::int64_t number) noexcept {
  auto i = std::ranges::find(all, number, [](failure_class x) {
    return static_cast<std::int64_t>(x);
  });
  return i != all.end() ? std::optional{*i} : std::nullopt;
}

std::string_view sentence(failure_class x) noexcept {
  return describe(x).sentence;
}

std::span<const failure_class> failure_classes() noexcept {
  return all;
}

} // namespace bridgekeeper
