#pragma once

#include "app/console/terms.hpp"
#include "domain/agent_view.hpp"
#include "domain/past_events.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::console {

// The ids that an operator may give in part. Pure functions.

/// The shortest part of an id that stands for a dispatch.
inline constexpr std::size_t min_short_id = 4;

/// The ids of agents that begin with `text`, in the order of the list.
[[nodiscard]] std::vector<std::string>
agents_from(const std::vector<agent_view>& agents, std::string_view text);

/// The ids of the dispatches that these events are about and that begin with
/// `text`; those with the newest events come first.
[[nodiscard]] std::vector<std::string> dispatches_from(const past_events& past,
                                                       std::string_view text);

/// The same for ids that begin or end with `text`, as short ids do: the end is
/// the part that differs between dispatches of the same minute.
[[nodiscard]] std::vector<std::string> dispatches_like(const past_events& past,
                                                       std::string_view text);

} // namespace bridgekeeper::console
