#pragma once

#include "domain/event_streams.hpp"

#include <atomic>

namespace bridgekeeper::actors {

/// An event on its way to the journal, which adds its sequence number and time
/// and shares it from then on.
struct event_publication : event_streams::entry {
  event_publication() = default;
  explicit event_publication(event x) : entry(std::move(x)) {}

  /// Set by the journal when it takes the event. An event that was not taken
  /// when the event hub died is published again.
  std::atomic<bool> taken{false};
};

} // namespace bridgekeeper::actors
