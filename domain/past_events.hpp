#pragma once

#include "domain/event.hpp"
#include "domain/stream_name.hpp"

#include <cstdint>
#include <vector>

namespace bridgekeeper {

/// Events from the history, for a new subscription or requested on their own.
struct past_events {
  stream_name which;
  /// Oldest first.
  std::vector<event_ptr> events;
  /// Earlier events, before or between these, have been forgotten.
  bool gap = false;
  /// More events follow; they did not fit into this batch.
  bool more = false;
  /// The sequence number of the newest event of all streams at that moment.
  std::uint64_t up_to = 0;
};

} // namespace bridgekeeper
