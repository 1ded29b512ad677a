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
  /// For the stream of a dispatch: it has ended, so nothing follows the last of
  /// its past events.
  bool ended = false;
  /// All events of the stream up to this number have been read, which may be
  /// beyond the last one here. 0: only up to that one.
  std::uint64_t read_to = 0;
  /// The sequence number of the newest event of all streams at that moment.
  std::uint64_t up_to = 0;
};

} // namespace bridgekeeper
