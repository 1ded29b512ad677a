#pragma once

#include "domain/agent_view.hpp"
#include "domain/cost_ledger.hpp"
#include "domain/event.hpp"
#include "domain/explanation.hpp"
#include "domain/ids.hpp"
#include "domain/rate_window.hpp"
#include "domain/setting_values.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace bridgekeeper {

/// What a connected agent's actor says of itself.
struct live_agent {
  /// How many dispatches its bridge is sent at a time, how many it has, and how
  /// many wait for it.
  std::size_t slots = 1;
  std::size_t pending = 0;
  std::size_t waiting = 0;
  std::chrono::milliseconds silent_for{};
  std::chrono::milliseconds silence_allowed{};
  std::chrono::milliseconds longest_gap{};
  std::size_t beats = 0;
};

/// Everything that is known about one agent.
struct agent_case {
  agent_id id;
  timestamp now{};
  setting_values settings;
  /// What the registry knows; unset if it does not know the agent.
  std::optional<agent_view> known;
  /// How long the agent has been disconnected.
  std::optional<std::chrono::milliseconds> away_for;
  /// Unset if the agent is not connected.
  std::optional<live_agent> live;
  /// The dispatches that wait for it while it is not connected.
  std::size_t shelved = 0;
  /// The limits that apply to dispatches now.
  std::optional<cost_view> costs = {};
  std::optional<rate_view> agent_rate = {};
  /// Oldest first.
  std::vector<decision> decisions;
  /// The agent's remembered events, oldest first, and the time from which on
  /// the decisions are complete: earlier events take their place.
  std::vector<event_ptr> past;
  timestamp decisions_began{};

  /// Whether anything is known.
  [[nodiscard]] bool is_known() const noexcept {
    return known || !decisions.empty() || !past.empty();
  }
};

/// Requires a known agent.
[[nodiscard]] explanation explain(agent_case x);

/// What an earlier daemon has decided about an agent, as far as an event tells;
/// nothing if the event is about something else.
[[nodiscard]] std::optional<decision> decision_of(const event& x);

} // namespace bridgekeeper
