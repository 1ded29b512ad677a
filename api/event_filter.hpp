#pragma once

#include "domain/event.hpp"
#include "protocol/violation.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::api {

/// Selects events of a session: GET …/events/filter (contract section 3). Unset
/// members select everything.
struct event_filter {
  std::optional<std::string> event_type;
  std::optional<std::int64_t> tick_index;
  std::optional<std::int64_t> tick_min;
  std::optional<std::int64_t> tick_max;
  std::optional<std::string> agent;
  /// Keeps this many of the newest events. Works like the slice of a Python
  /// list from `-limit` on, as in the server that this one replaces: 0 keeps
  /// all events, and -2 all except the two oldest.
  std::optional<std::int64_t> limit;

  /// Parses the query of a request; adds violations to `wrong`. Accepts the
  /// same integers as the replaced server: with surrounding whitespace, a sign,
  /// underscores between digits, and `.0` at the end. Integers beyond 64 bits
  /// become the nearest 64-bit integer.
  [[nodiscard]] static event_filter
  parse(std::string_view target, std::vector<protocol::violation>& wrong);

  /// Our events have no ticks, so a filter for ticks accepts none.
  [[nodiscard]] bool accepts(const event& x) const;

  /// The accepted events, oldest first, within the limit.
  [[nodiscard]] std::vector<event_ptr>
  choose(const std::vector<event_ptr>& events) const;
};

/// All six filters as given; null for those that are unset.
[[nodiscard]] std::string to_json(const event_filter& x);

} // namespace bridgekeeper::api
