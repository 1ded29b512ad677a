#pragma once

#include "domain/event.hpp"
#include "domain/limits.hpp"
#include "domain/past_events.hpp"
#include "domain/size_ranking.hpp"

#include <boost/intrusive/list.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace bridgekeeper {

struct event_stream_options {
  /// Number of events remembered per stream: of an agent, of a session, and of
  /// all. The same number of progress reports is remembered in addition.
  std::size_t per_stream = 1000;
  /// Approximate memory limit for all remembered events and for the bytes used
  /// elsewhere (see `add`). If the newest event is larger than half of it, that
  /// event is not counted.
  std::size_t total_bytes = 64 * mebibyte;
  /// Number of opened sessions, and of streams that have lost all their events,
  /// that are remembered as such; the oldest are forgotten first.
  std::size_t max_empty = 10'000;
};

/// The history: the most recent events of each agent and of each session,
/// bounded in number and in memory. When there are too many, the agent with the
/// most loses its oldest event, so no agent can displace the events of others.
/// Progress reports never displace other events from a stream, and are dropped
/// first when memory is short. An event is forgotten when no stream holds it
/// any more. Pure bookkeeping.
class event_streams {
public:
  struct entry;

private:
  /// Progress reports are counted separately from all other events.
  enum kind : std::uint8_t { progress, others, kinds };

  struct agent_record;

  /// The most streams an event can be in: that of all events, its agent's, and
  /// those of two sessions.
  static constexpr std::size_t most_streams = 4;

  /// The next event in a queue, and the index of the link in that event that
  /// continues the queue. Null at the end.
  struct link {
    entry* to = nullptr;
    std::uint8_t index = 0;
  };

public:
  /// An event and its position in the history; only `event_streams` uses the
  /// latter. Both share one allocation, because neither is in the cache when
  /// the event is forgotten.
  struct entry : event, boost::intrusive::list_base_hook<> {
    entry() = default;
    explicit entry(event x) : event(std::move(x)) {}

  private:
    friend class event_streams;

    [[nodiscard]] link after(std::uint8_t index) const noexcept {
      return {next[index], next_index[index]};
    }

    void link_to(std::uint8_t index, link to) noexcept {
      next[index] = to.to;
      next_index[index] = to.index;
    }

    /// Points to itself for as long as any stream holds it.
    event_ptr self;
    agent_record* of = nullptr;
    std::size_t bytes = 0;
    kind which = others;
    /// The number of streams that hold it, and the number of links in use.
    std::uint8_t holders = 0;
    std::uint8_t linked = 0;
    /// The links, split into two arrays to avoid padding.
    std::array<std::uint8_t, most_streams> next_index{};
    std::array<entry*, most_streams> next{};
  };

  explicit event_streams(event_stream_options options) : options_(options) {}

  /// Events must be added once each, in order of their sequence numbers.
  /// `used_elsewhere` bytes of `total_bytes` are not available to events, but
  /// at least half of `total_bytes` is.
  void add(std::shared_ptr<entry> x, std::size_t used_elsewhere = 0);

  /// Forgets the agent's events about this dispatch. Streams then have a gap,
  /// as if these were the newest events that they have forgotten.
  void forget(const agent_id& agent, const message_id& dispatch);

  /// Forgets all events of the agent.
  void forget(const agent_id& agent);

  /// Adds a session that has no events yet.
  void open(const session_id& session);

  /// Whether the session was opened or has events.
  [[nodiscard]] bool knows(const session_id& session) const;

  /// The remembered events of a stream, but not of a dispatch, after sequence
  /// number `after`, oldest first. There is a gap if any event after it has
  /// been forgotten, including progress reports between the remaining ones.
  /// Returns at most `max_bytes` of events, but at least one event.
  [[nodiscard]] past_events
  since(const stream_name& which, std::uint64_t after,
        std::size_t max_bytes = std::numeric_limits<std::size_t>::max()) const;

  /// The sequence number of the newest event that the stream has forgotten.
  [[nodiscard]] std::uint64_t newest_forgotten(const stream_name& which) const;

  [[nodiscard]] std::size_t bytes() const noexcept {
    return totals_[progress].bytes + totals_[others].bytes;
  }

  [[nodiscard]] std::size_t events() const noexcept {
    return totals_[progress].count + totals_[others].count;
  }

  [[nodiscard]] std::size_t streams() const noexcept {
    return agents_.size() + sessions_.size();
  }

private:
  /// The events of one agent in one stream, oldest first. The events are linked
  /// in place, so a queue needs no memory of its own: most of ten thousand
  /// agents have one event at most.
  class queue {
  public:
    [[nodiscard]] bool empty() const noexcept {
      return size_ == 0;
    }

    [[nodiscard]] std::size_t size() const noexcept {
      return size_;
    }

    /// Requires a queue that is not empty.
    [[nodiscard]] entry& front() const noexcept {
      return *first_.to;
    }

    void push_back(entry& x) noexcept;
    void pop_front() noexcept;
    /// Takes time proportional to the number of events before `x`. Returns
    /// false if it does not contain `x`.
    bool remove(const entry& x) noexcept;

    /// Appends the events after sequence number `after` to `out`.
    void collect(std::uint64_t after, std::vector<const entry*>& out) const;

  private:
    link first_;
    link last_;
    std::size_t size_ = 0;
  };

  /// The events of one agent that any stream holds, oldest first. Ranked by
  /// bytes.
  struct kept_events : ranked<> {
    kept_events() = default;
    kept_events(const kept_events&) = delete;
    kept_events& operator=(const kept_events&) = delete;
    ~kept_events();

    boost::intrusive::list<entry> order;
    std::size_t bytes = 0;
  };

  /// The events of one agent in a stream shared by several. Ranked by number.
  struct share : ranked<> {
    agent_record* of = nullptr;
    queue events;
  };

  /// The events of one kind in a stream shared by several agents.
  struct shared_events {
    /// Some shares are empty, and their agents may have been forgotten.
    std::unordered_map<agent_record*, share> by_agent;
    size_ranking<share> ranking;
    std::size_t count = 0;
  };

  struct stream {
    /// Used while all events of the stream belong to one agent.
    std::array<queue, kinds> own;
    /// Used from the second agent on; `own` is then empty.
    std::unique_ptr<std::array<shared_events, kinds>> shared;
    /// The agent whose events are in `own`, if there are any.
    agent_record* only = nullptr;
    /// Sequence number of the newest forgotten event.
    std::uint64_t forgotten = 0;

    [[nodiscard]] bool empty() const noexcept;
  };

  using session_map = std::unordered_map<session_id, stream>;

  struct agent_record {
    stream events;
    std::array<kept_events, kinds> kept;
    /// The sessions of the agent's last event, which are usually those of its
    /// next one; null if there were none. Invalid if a session has ended since.
    std::array<session_map::value_type*, 2> recent{};
    std::uint64_t sessions_ended = 0;
  };

  struct total {
    std::size_t count = 0;
    std::size_t bytes = 0;
    size_ranking<kept_events> ranking;
  };

  [[nodiscard]] static kind kind_of(const event& x) noexcept;

  void add_to(stream& to, entry& x);
  /// The stream of the `index`th session (of at most two) of the agent's event.
  [[nodiscard]] stream& session_of(agent_record& agent, std::size_t index,
                                   const session_id& id);
  /// Null if the session has no events.
  [[nodiscard]] session_map::value_type*
  find_session(agent_record& agent, std::size_t index, const session_id& id);
  static void share_out(stream& x);
  /// Forgets the first event in `among`, in this stream only.
  void forget_first(stream& from, queue& among);
  /// The same for an agent's share, which may remain without events.
  void forget_first(stream& from, shared_events& among, share& of_agent);
  /// `x` has been removed from `among`, the queue of this stream.
  void note_forgotten(stream& from, entry& x);
  /// The same for an agent's share.
  void note_forgotten(stream& from, shared_events& among, share& of_agent,
                      entry& x);
  /// Forgets `x` in this stream. It is the agent's oldest event of its kind if
  /// `is_oldest`.
  void forget_in(stream& from, entry& x, bool is_oldest);
  void forget_everywhere(entry& x, bool is_oldest);
  template <class Predicate>
  void forget_if(const agent_id& agent, Predicate is_meant);
  void limit_bytes(const entry& newest, std::size_t limit);
  void release(entry& x);
  void note_empty(const stream_name& which);
  void forget_empty(const stream_name& which);

  [[nodiscard]] const stream* find(const stream_name& which) const;

  event_stream_options options_;
  /// Totals over all events that any stream holds.
  std::array<total, kinds> totals_;
  std::unordered_map<agent_id, agent_record> agents_;
  session_map sessions_;
  std::uint64_t sessions_ended_ = 0;
  stream all_;
  /// Sequence number of the newest event of a stream that is itself forgotten.
  std::uint64_t forgotten_ = 0;
  std::deque<stream_name> emptied_;
  std::unordered_set<session_id> opened_;
  std::deque<session_id> opening_order_;
};

} // namespace bridgekeeper
