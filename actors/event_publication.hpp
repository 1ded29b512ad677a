#pragma once

#include "domain/event_streams.hpp"

#include <atomic>

namespace bridgekeeper::actors {

/// An event on its way to the hub, which stamps it and shares it from then on.
struct event_publication : event_streams::entry {
  /// Set by the hub that takes it; what a hub died over is published again.
  std::atomic<bool> taken{false};
};

} // namespace bridgekeeper::actors
