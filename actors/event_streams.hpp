#pragma once

#include "protocol/event.hpp"
#include "protocol/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

namespace bridgekeeper::actors {

struct event_stream_options {
  /// Events remembered of each agent.
  std::size_t per_agent = 1000;
  /// Memory that all remembered events may hold on to, roughly.
  std::size_t total_bytes = 32 * 1024 * 1024;
};

/// What comes before a subscription.
struct past_events {
  std::vector<protocol::event_ptr> events;
  /// Older ones than the first existed and are forgotten.
  bool gap = false;
};

/// The remembered past: the last events of each agent, bounded in number and in
/// memory; the oldest of all go first. Pure bookkeeping.
class event_streams {
public:
  explicit event_streams(event_stream_options options) : options_(options) {}

  /// Events come in order of their sequence numbers.
  void add(protocol::event_ptr x);

  /// What is remembered of `agent` (or of all) after sequence number `after`,
  /// oldest first.
  [[nodiscard]] past_events
  since(const std::optional<protocol::agent_id>& agent,
        std::uint64_t after) const;

  [[nodiscard]] std::size_t bytes() const noexcept {
    return bytes_;
  }

private:
  struct stream {
    std::list<protocol::event_ptr> events;
    /// Sequence number of the newest forgotten event.
    std::uint64_t forgotten = 0;
  };

  void forget_oldest();

  event_stream_options options_;
  std::unordered_map<protocol::agent_id, stream> streams_;
  /// The remembered events of all agents, oldest first. An event that its
  /// agent's stream has no room for is still here.
  std::deque<protocol::event_ptr> order_;
  std::size_t bytes_ = 0;
  std::uint64_t forgotten_ = 0;
};

} // namespace bridgekeeper::actors
