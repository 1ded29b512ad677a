#pragma once

#include "actors/payloads.hpp"
#include "protocol/event.hpp"

#include <boost/container/deque.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <unordered_map>
#include <unordered_set>

namespace bridgekeeper::actors {

struct event_stream_options {
  /// Events remembered of each stream: of an agent, of a session, and of all.
  /// As many progress reports are remembered besides.
  std::size_t per_stream = 1000;
  /// Memory that all remembered events may hold on to, roughly.
  std::size_t total_bytes = 32 * 1024 * 1024;
  /// Sessions that were opened, and streams that lost all their events, that
  /// are remembered as such; the oldest are forgotten.
  std::size_t max_empty = 10'000;
};

/// The remembered past: the last events of each agent and of each session,
/// bounded in number and in memory; the oldest of all go first. Progress never
/// pushes other events out of a stream, and gives way to them where memory is
/// short. An event is forgotten as soon as no stream has it any more. Pure
/// bookkeeping.
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
  /// first. There is a gap if anything after it is forgotten, be it progress
  /// amid what is left. No more than holds `max_bytes`, or one event.
  [[nodiscard]] past_events
  since(const stream_name& which, std::uint64_t after,
        std::size_t max_bytes = std::numeric_limits<std::size_t>::max()) const;

  [[nodiscard]] std::size_t bytes() const noexcept {
    return progress_.bytes + others_.bytes;
  }

  /// How many events and how many streams are remembered.
  [[nodiscard]] std::size_t events() const noexcept {
    return progress_.order.size() + others_.order.size();
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

  /// Progress reports or all other events, oldest first.
  struct kept_events {
    std::list<entry> order;
    std::size_t bytes = 0;
  };

  /// Of this sort of deque an empty one, which most agents have for their
  /// progress, holds no memory.
  using positions = boost::container::deque<position>;

  struct stream {
    positions progress;
    positions others;
    /// Sequence number of the newest forgotten event.
    std::uint64_t forgotten = 0;

    [[nodiscard]] bool empty() const noexcept {
      return progress.empty() && others.empty();
    }

    [[nodiscard]] positions& of_kind(const protocol::event& x) noexcept;
  };

  /// Memory that progress keeps even where other events need more.
  [[nodiscard]] std::size_t share_of_progress() const noexcept {
    return options_.total_bytes / 8;
  }

  [[nodiscard]] kept_events& kept_with(const protocol::event& x) noexcept;

  void add_to(stream& to, position x);
  void forget_first(stream& from, positions& among);
  void forget_oldest();
  void release(position x);
  void forget_empty(const stream_name& which);

  /// Forgets `oldest`, the oldest of its kind, where the stream has it. If that
  /// was all, the stream is remembered for a while, to tell its readers of
  /// the gap.
  template <class Id>
  void forget_in(std::unordered_map<Id, stream>& streams, const Id& id,
                 const protocol::event_ptr& oldest);

  [[nodiscard]] const stream* find(const stream_name& which) const;

  event_stream_options options_;
  stream all_;
  std::unordered_map<agent_id, stream> agents_;
  std::unordered_map<session_id, stream> sessions_;
  /// What the streams have.
  kept_events progress_;
  kept_events others_;
  /// Sequence number of the newest event of a stream that is gone altogether.
  std::uint64_t forgotten_ = 0;
  std::deque<stream_name> emptied_;
  std::unordered_set<session_id> opened_;
  std::deque<session_id> opening_order_;
};

} // namespace bridgekeeper::actors
