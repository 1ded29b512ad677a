#pragma once

#include "domain/event.hpp"
#include "protocol/violation.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::api {

/// Which events of a session are wanted: GET …/events/filter (contract
/// section 3). What is not set does not count.
struct event_filter {
  std::optional<std::string> event_type;
  std::optional<std::int64_t> tick_index;
  std::optional<std::int64_t> tick_min;
  std::optional<std::int64_t> tick_max;
  std::optional<std::string> agent;
  /// Keeps so many of the newest. As a slice of a Python list from `-limit` on,
  /// which it was in the server that this one replaces: 0 keeps all, and -2 all
  /// but the two oldest.
  std::optional<std::int64_t> limit;

  /// Reads the query of a request; adds to `wrong` what is wrong with it.
  /// Integers are read as the replaced server read them: with blanks around,
  /// a sign, underscores between digits and `.0` at the end. One beyond 64 bits
  /// is read as the nearest.
  [[nodiscard]] static event_filter
  parse(std::string_view target, std::vector<protocol::violation>& wrong);

  /// No event of ours has a tick, so whoever asks for one gets none.
  [[nodiscard]] bool accepts(const event& x) const;

  /// Those it accepts, oldest first, as far as the limit allows.
  [[nodiscard]] std::vector<event_ptr>
  choose(const std::vector<event_ptr>& events) const;
};

/// The filters as given: all six.
[[nodiscard]] std::string to_json(const event_filter& x);

} // namespace bridgekeeper::api
