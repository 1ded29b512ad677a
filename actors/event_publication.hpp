#pragma once

#include "domain/event_streams.hpp"

#include <atomic>

namespace bridgekeeper::actors {

/// An event on its way to the hub, which adds its sequence number and time
/// and shares it from then on.
struct event_publication : event_streams::entry {
  /// Set by the hub that takes the event. An event that its hub had not taken
  /// when the hub died is published again.
  std::atomic<bool> taken{false};
};

} // namespace bridgekeeper::actors
