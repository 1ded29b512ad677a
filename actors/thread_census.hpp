#pragma once

#include <cstddef>

namespace bridgekeeper::actors {

/// What the actors of one I/O thread have at one moment, counted for
/// `GET /metrics`.
struct thread_census {
  /// Bridges that have connected and not registered yet.
  std::size_t registering = 0;
  /// Registered agents that an operator has cordoned; the others with and
  /// without dispatches.
  std::size_t cordoned = 0;
  std::size_t busy = 0;
  std::size_t idle = 0;

  /// Dispatches that bridges have, those that wait for a slot of theirs, and
  /// those that are being recorded before they are sent or queued.
  std::size_t pending = 0;
  std::size_t queued = 0;
  std::size_t recording = 0;

  /// Bytes waiting to be written.
  std::size_t bridge_bytes = 0;
  std::size_t channel_bytes = 0;

  std::size_t control_channels = 0;
  /// Readers of event streams over HTTP, and streams that control channels
  /// follow.
  std::size_t event_streams = 0;
  std::size_t subscriptions = 0;

  thread_census& operator+=(const thread_census& x) noexcept {
    registering += x.registering;
    cordoned += x.cordoned;
    busy += x.busy;
    idle += x.idle;
    pending += x.pending;
    queued += x.queued;
    recording += x.recording;
    bridge_bytes += x.bridge_bytes;
    channel_bytes += x.channel_bytes;
    control_channels += x.control_channels;
    event_streams += x.event_streams;
    subscriptions += x.subscriptions;
    return *this;
  }
};

} // namespace bridgekeeper::actors
