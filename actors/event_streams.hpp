#pragma once

#include "actors/payloads.hpp"
#include "protocol/event.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <unordered_map>
#include <unordered_set>

namespace bridgekeeper::actors {

struct event_stream_options {
  /// Events remembered of each stream: of an agent, of a session, and of all.
  std::size_t per_stream = 1000;
  /// Memory that all remembered events may hold on to, roughly.
  std::size_t total_bytes = 32 * 1024 * 1024;
  /// Sessions that were opened, and streams that lost all their events, that
  /// are remembered as such; the oldest are forgotten.
  std::size_t max_empty = 10'000;
};

/// The remembered past: the last events of each agent and of each session,
/// bounded in number and in memory; the oldest of all go first. An event is
/// forgotten as soon as no stream has it any more. Pure bookkeeping.
class event_streams {
public:
  explicit event_streams(event_stream_options options) : options_(options) {}

  /// Events come in order of their sequence numbers.
  void add(protocol::event_ptr x);

  /// Makes a session known before anything happens in it.
  void open(const session_id& session);

  /// Whether the session was opened or has events.
  [[nodiscard]] bool knows(const session_id& session) const;

  /// What is remembered of a stream after sequence number `after`, oldest
  /// first.
  [[nodiscard]] past_events since(const stream_name& which,
                                  std::uint64_t after) const;

  [[nodiscard]] std::size_t bytes() const noexcept {
    return bytes_;
  }

  /// How many events and how many streams are remembered.
  [[nodiscard]] std::size_t events() const noexcept {
    return order_.size();
  }

  [[nodiscard]] std::size_t streams() const noexcept {
    return agents_.size() + sessions_.size();
  }

private:
  struct entry {
    protocol::event_ptr event;
    std::size_t bytes = 0;
    /// How many streams have it.
    std::size_t holders = 0;
  };

  using position = std::list<entry>::iterator;

  struct stream {
    std::deque<position> events;
    /// Sequence number of the newest forgotten event.
    std::uint64_t forgotten = 0;
  };

  void add_to(stream& to, position x);
  void forget_first(stream& x);
  void forget_oldest();
  void release(position x);
  void forget_empty(const stream_name& which);

  /// Forgets `oldest`, the oldest event of all, where the stream has it. If
  /// that was all, the stream is remembered for a while, to tell its readers of
  /// the gap.
  template <class Id>
  void forget_in(std::unordered_map<Id, stream>& streams, const Id& id,
                 const protocol::event_ptr& oldest);

  [[nodiscard]] const stream* find(const stream_name& which) const;

  event_stream_options options_;
  stream all_;
  std::unordered_map<agent_id, stream> agents_;
  std::unordered_map<session_id, stream> sessions_;
  /// What the streams have, oldest first.
  std::list<entry> order_;
  std::size_t bytes_ = 0;
  /// Sequence number of the newest event of a stream that is gone altogether.
  std::uint64_t forgotten_ = 0;
  std::deque<stream_name> emptied_;
  std::unordered_set<session_id> opened_;
  std::deque<session_id> opening_order_;
};

} // namespace bridgekeeper::actors
