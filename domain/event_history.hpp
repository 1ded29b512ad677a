#pragma once

#include "domain/dispatch_log.hpp"
#include "domain/event_streams.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace bridgekeeper {

struct event_history_options {
  /// `streams.total_bytes` bounds the events and the records together.
  event_stream_options streams;
  /// Number of finished dispatches whose records are kept.
  std::size_t finished = dispatch_log_options{}.finished;
};

/// The memory of the event journal: past events, and a record of each dispatch.
/// Both share one budget of bytes. Records may use up to half of it, and events
/// may use all that the records leave. A result that both hold counts twice, so
/// they never use more than the budget. Pure bookkeeping.
class event_history {
public:
  explicit event_history(const event_history_options& options)
    : streams_(options.streams),
      records_({options.finished, options.streams.total_bytes / 2}) {}

  /// Events must be added once each, in order of their sequence numbers.
  /// Returns the record of the dispatch that has ended with this event, or
  /// null.
  const dispatch_record* add(std::shared_ptr<event_streams::entry> x) {
    const auto* finished = records_.note(*x);
    streams_.add(std::move(x), records_.finished_bytes());
    return finished;
  }

  /// Forgets what is known of a finished dispatch of this agent.
  void forget(const agent_id& agent, const message_id& dispatch) {
    records_.forget(dispatch);
    streams_.forget(agent, dispatch);
  }

  /// Forgets the agent's finished dispatches and all its events.
  void forget(const agent_id& agent) {
    records_.forget(agent);
    streams_.forget(agent);
  }

  /// Adds a session that has no events yet.
  void open(const session_id& session) {
    streams_.open(session);
  }

  /// The remembered events of any stream: see `event_streams::since`. A
  /// dispatch whose record is forgotten counts as ended.
  [[nodiscard]] past_events since(const stream_name& which, std::uint64_t after,
                                  std::size_t max_bytes) const;

  [[nodiscard]] const event_streams& streams() const noexcept {
    return streams_;
  }

  [[nodiscard]] const dispatch_log& records() const noexcept {
    return records_;
  }

private:
  event_streams streams_;
  dispatch_log records_;
};

} // namespace bridgekeeper
