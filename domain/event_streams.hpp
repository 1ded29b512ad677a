#pragma once

#include "domain/event.hpp"
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
  struct entry;

private:
  /// Progress reports are counted apart from all other events.
  enum kind : std::uint8_t { progress, others, kinds };

  struct agent_record;

  /// An event may be in so many streams: that of all events, its agent's, and
  /// those of two sessions.
  static constexpr std::size_t most_streams = 4;

  /// The next event of a queue, and which of that event's own links goes on
  /// from there. Null at the end.
  struct link {
    entry* to = nullptr;
    std::uint8_t index = 0;
  };

public:
  /// An event and its place in the history, of which the latter is for nobody
  /// else. They stand in one piece of memory, because both are cold by the time
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

    /// Itself, as long as any stream has it.
    event_ptr self;
    agent_record* of = nullptr;
    std::size_t bytes = 0;
    kind which = others;
    /// How many streams have it, and how many links are in use.
    std::uint8_t holders = 0;
    std::uint8_t linked = 0;
    /// The links, in two parts.
    std::array<std::uint8_t, most_streams> next_index{};
    std::array<entry*, most_streams> next{};
  };

  explicit event_streams(event_stream_options options) : options_(options) {}

  /// Events come in order of their sequence numbers, each once.
  void add(std::shared_ptr<entry> x);

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
  /// The events of one agent in one stream, oldest first. They are linked where
  /// they are, so it takes no memory: of ten thousand agents most have a single
  /// event, if any.
  class queue {
  public:
    [[nodiscard]] bool empty() const noexcept {
      return size_ == 0;
    }

    [[nodiscard]] std::size_t size() const noexcept {
      return size_;
    }

    /// Not of an empty queue.
    [[nodiscard]] entry& front() const noexcept {
      return *first_.to;
    }

    void push_back(entry& x) noexcept;
    void pop_front() noexcept;

    /// Adds those after sequence number `after` to `out`.
    void collect(std::uint64_t after, std::vector<const entry*>& out) const;

  private:
    link first_;
    link last_;
    std::size_t size_ = 0;
  };

  /// The events of one agent that any stream has, oldest first. Ranked by
  /// bytes.
  struct kept_events : ranked<> {
    kept_events() = default;
    kept_events(const kept_events&) = delete;
    kept_events& operator=(const kept_events&) = delete;
    ~kept_events();

    boost::intrusive::list<entry> order;
    std::size_t bytes = 0;
  };

  /// The events of one agent in a stream of several. Ranked by number.
  struct share : ranked<> {
    agent_record* of = nullptr;
    queue events;
  };

  /// The events of one kind in a stream of several agents.
  struct shared_events {
    /// Some are empty; their agents may be forgotten.
    std::unordered_map<agent_record*, share> by_agent;
    size_ranking<share> ranking;
    std::size_t count = 0;
  };

  struct stream {
    /// While all its events are of one agent.
    std::array<queue, kinds> own;
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

  [[nodiscard]] static kind kind_of(const event& x) noexcept;

  void add_to(stream& to, entry& x);
  /// A session of the agent's event; of the two it may have, the `index`th.
  [[nodiscard]] stream& session_of(agent_record& agent, std::size_t index,
                                   const session_id& id);
  /// Null where it has no events.
  [[nodiscard]] session_map::value_type*
  find_session(agent_record& agent, std::size_t index, const session_id& id);
  static void share_out(stream& x);
  /// Forgets the first event in `among`, in this stream only.
  void forget_first(stream& from, queue& among);
  /// The same of an agent's share, which may stay without events.
  void forget_first(stream& from, shared_events& among, share& of_agent);
  /// Forgets `x`, the oldest of its kind that its agent has, in this stream.
  void forget_in(stream& from, const entry& x);
  void forget_everywhere(entry& oldest);
  void limit_bytes(const entry& newest);
  void release(entry& x);
  void note_empty(const stream_name& which);
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

} // namespace bridgekeeper
