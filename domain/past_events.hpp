#pragma once

#include "domain/event.hpp"
#include "domain/stream_name.hpp"

#include <cstdint>
#include <vector>

namespace bridgekeeper {

/// What comes before a subscription, or is asked for without one.
struct past_events {
  stream_name which;
  /// Oldest first.
  std::vector<event_ptr> events;
  /// Others before or amid these existed and are forgotten.
  bool gap = false;
  /// There are more after these, which were too many for once.
  bool more = false;
  /// The sequence number of the newest event of all at that moment.
  std::uint64_t up_to = 0;
};

} // namespace bridgekeeper
