#pragma once

#include "actors/payloads.hpp"
#include "actors/size_ranking.hpp"
#include "protocol/event.hpp"

#include <boost/container/deque.hpp>
#include <boost/container/options.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <memory>
#include <unordered_map>
#include <unordered_set>

namespace bridgekeeper::actors {

struct event_stream_options {
  /// Events remembered of each stream: of an agent, of a session, and of all.
  /// As many progress reports are remembered besides.
  std::size_t per_stream = 1000;
  /// Memory that all remembered events may hold on to, roughly. The newest
  /// event, where it is larger than half of that, comes on top of it.
  std::size_t total_bytes = 32 * 1024 * 1024;
  /// Sessions that were opened, and streams that lost all their events, that
  /// are remembered as such; the oldest are forgotten.
  std::size_t max_empty = 10'000;
};

/// The remembered past: the last events of each agent and of each session,
/// bounded in number and in memory. Where there are too many, the agent that
/// has most of them loses its oldest one, so no agent can push out what others
/// did. Progress never pushes other events out of a stream, and gives way to
/// them where memory is short. An event is forgotten as soon as no stream has
/// it any more. Pure bookkeeping.
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
    return totals_[progress].bytes + totals_[others].bytes;
  }

  /// How many events and how many streams are remembered.
  [[nodiscard]] std::size_t events() const noexcept {
    return totals_[progress].count + totals_[others].count;
  }

  [[nodiscard]] std::size_t streams() const noexcept {
    return agents_.size() + sessions_.size();
  }

private:
  /// Progress reports are counted apart from all other events.
  enum kind : std::uint32_t { progress, others, kinds };

  struct agent_record;

  /// With its two links one line of the cache. What is looked at when a stream
  /// forgets the event stands here: the event itself is cold by then.
  struct entry {
    protocol::event_ptr event;
    agent_record* of = nullptr;
    std::uint64_t sequence = 0;
    std::size_t bytes = 0;
    kind which = others;
    /// How many streams have it.
    std::uint32_t holders = 0;
  };

  using position = std::list<entry>::iterator;

  /// Of this sort of deque an empty one, which most agents have for their
  /// progress, holds no memory. In small blocks: each agent has three of them,
  /// most with one event.
  using positions = boost::container::deque<
      position, void,
      boost::container::deque_options_t<boost::container::block_bytes<128>>>;

  /// The events of one agent that any stream has, oldest first. Ranked by
  /// bytes.
  struct kept_events : ranked<> {
    std::list<entry> order;
    std::size_t bytes = 0;
  };

  /// The events of one agent in a stream of several. Ranked by number.
  struct share : ranked<> {
    agent_record* of = nullptr;
    positions events;
  };

  /// The events of one kind in a stream of several agents.
  struct shared_events {
    std::unordered_map<agent_record*, share> by_agent;
    size_ranking<share> ranking;
    std::size_t count = 0;
  };

  struct stream {
    /// While all its events are of one agent.
    std::array<positions, kinds> own;
    /// From the second agent on; then `own` is empty.
    std::unique_ptr<std::array<shared_events, kinds>> shared;
    /// Whose events are in `own`, where there are any.
    agent_record* only = nullptr;
    /// Sequence number of the newest forgotten event.
    std::uint64_t forgotten = 0;

    [[nodiscard]] bool empty() const noexcept;
  };

  using session_map = std::unordered_map<session_id, stream>;

  struct agent_record {
    stream events;
    std::array<kept_events, kinds> kept;
    /// The sessions of its last event, as a rule those of the next; null where
    /// there was none. Void once a session has ended since.
    std::array<session_map::value_type*, 2> recent{};
    std::uint64_t sessions_ended = 0;
  };

  struct total {
    std::size_t count = 0;
    std::size_t bytes = 0;
    size_ranking<kept_events> ranking;
  };

  [[nodiscard]] static kind kind_of(const protocol::event& x) noexcept;

  void add_to(stream& to, position x);
  /// A session of the agent's event; of the two it may have, the `index`th.
  [[nodiscard]] stream& session_of(agent_record& agent, std::size_t index,
                                   const session_id& id);
  static void share_out(stream& x);
  /// Forgets the first event in `among`, in this stream only.
  void forget_first(stream& from, positions& among);
  /// The same of an agent's share; it ends with its last event.
  void forget_first(stream& from, shared_events& among, share& of_agent);
  /// Forgets `x`, the oldest of its kind that its agent has, in this stream.
  void forget_in(stream& from, const entry& x);
  void forget_everywhere(const entry& oldest);
  void limit_bytes(const protocol::event_ptr& newest);
  void release(position x);
  void note_empty(const stream_name& which, const stream& x);
  void forget_empty(const stream_name& which);

  [[nodiscard]] const stream* find(const stream_name& which) const;

  event_stream_options options_;
  /// Of everything that the streams have.
  std::array<total, kinds> totals_;
  std::unordered_map<agent_id, agent_record> agents_;
  session_map sessions_;
  std::uint64_t sessions_ended_ = 0;
  stream all_;
  /// Sequence number of the newest event of a stream that is gone altogether.
  std::uint64_t forgotten_ = 0;
  std::deque<stream_name> emptied_;
  std::unordered_set<session_id> opened_;
  std::deque<session_id> opening_order_;
};

} // namespace bridgekeeper::actors
