#pragma once

#include "domain/counters.hpp"
#include "domain/dispatch_life.hpp"
#include "domain/doubling_histogram.hpp"
#include "domain/errc.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bridgekeeper {

/// One counter for each reason.
class reason_counters {
public:
  void count(errc why) noexcept {
    ++counts_[index_of(why)];
  }

  [[nodiscard]] std::uint64_t value(errc why) const noexcept {
    return counts_[index_of(why)].value();
  }

private:
  // More than the largest reason; `tests/domain/thread_metrics_test.cpp` checks
  // it.
  static constexpr std::size_t size = 128;

  [[nodiscard]] static constexpr std::size_t index_of(errc why) noexcept {
    return static_cast<std::size_t>(why) % size;
  }

  std::array<counter, size> counts_;
};

/// What kind of frame a WebSocket has carried. The kinds of a bridge's link
/// come first, in the order of `bridge_message`.
enum class frame_kind : std::uint8_t {
  registration,
  registered,
  dispatch,
  progress,
  response,
  heartbeat,
  resume,
  accept,
  cancel,
  ack,
  goaway,
  drain,
  /// Anything else that a bridge has sent.
  invalid,
  /// A message of a control client, or to one.
  control,
};

inline constexpr std::size_t frame_kinds = 14;

/// The name that the wire uses, where there is one: `register`.
[[nodiscard]] std::string_view to_string(frame_kind x) noexcept;

/// The frames and bytes of each kind that went in one direction.
class frame_counters {
public:
  struct tally {
    counter frames;
    counter bytes;
  };

  void count(frame_kind kind, std::size_t bytes) noexcept {
    auto& x = tallies_[static_cast<std::size_t>(kind)];
    ++x.frames;
    x.bytes += bytes;
  }

  [[nodiscard]] const tally& of(frame_kind kind) const noexcept {
    return tallies_[static_cast<std::size_t>(kind)];
  }

private:
  std::array<tally, frame_kinds> tallies_;
};

/// From 0.1 ms to 6711 s: what a dispatch may take.
using dispatch_histogram = doubling_histogram<100'000, 27>;

/// What `GET /metrics` tells of one I/O thread beyond its `counters`. Only that
/// thread writes; any thread reads.
struct thread_metrics {
  /// Registered bridges, control channels and event streams that were closed or
  /// have ended, by reason. Of event streams, only those that the daemon has
  /// closed because of their reader.
  reason_counters bridge_closes;
  reason_counters channel_closes;
  reason_counters stream_closes;

  frame_counters received;
  frame_counters sent;
  /// Frames of bridges that had no effect.
  reason_counters refused_frames;

  reason_counters refused_registrations;
  /// Bridges that were rejected before their upgrade.
  reason_counters rejected_bridges;
  reason_counters refused_tokens;
  /// Requests of clients to dispatch.
  reason_counters refused_dispatches;
  counter agent_rate_refusals;
  counter address_rate_refusals;
  counter cost_refusals;

  /// Dispatches that have ended, by their last state.
  std::array<counter, 9> ends;
  counter late_results;
  /// From the request until it was accepted and, if there is a store, recorded.
  dispatch_histogram acceptance;
  /// From the request until the frame of the first attempt was sent.
  dispatch_histogram queue_wait;
  /// From the frame of an attempt until its bridge has accepted it.
  dispatch_histogram bridge_acceptance;
  /// From the request until the end.
  dispatch_histogram duration;

  /// Gaps that readers of events were told of.
  counter stream_gaps;
  /// In millionths of a US dollar.
  counter cost;
  /// By the first digit of the status.
  std::array<counter, 6> http_responses;

  /// The agents that the registry knows. 0 on all threads but its own.
  std::atomic<std::size_t> known_agents{0};

  void count_end(dispatch_state how) noexcept {
    ++ends[static_cast<std::size_t>(how) % ends.size()];
  }

  void count_response(unsigned status) noexcept {
    ++http_responses[(status / 100) % http_responses.size()];
  }
};

} // namespace bridgekeeper
