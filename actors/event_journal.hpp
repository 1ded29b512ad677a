#pragma once

#include "actors/interfaces.hpp"
#include "domain/event_history.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <unordered_map>

namespace bridgekeeper::actors {

/// All events in their order: their numbers and times, the history, the record
/// of each dispatch, and the followers of each stream. A plain class that lives
/// on the thread of the core actors and outlives every event hub. The hub
/// receives messages for the journal; agents on the same thread pass their
/// events to it directly, through `publish`, which contains its exceptions.
class event_journal {
public:
  /// Lists, so that removing a follower takes time proportional to the number
  /// of its streams, not to the number of other followers.
  using follower_list = std::list<event_subscriber>;

  explicit event_journal(const event_history_options& options)
    : history_(options) {}

  event_journal(const event_journal&) = delete;
  event_journal& operator=(const event_journal&) = delete;

  /// Gives the event its number and time, and sends it to its followers. If
  /// this throws after it has taken the event, followers find the event in the
  /// history.
  void take(event_draft x);

  /// The same for an event to which the store has given its number and time.
  /// It must come from an `event_draft`. Returns the number of followers that
  /// it was sent to.
  std::size_t take_recorded(const event_ptr& x);

  /// Adds past events, which the store has kept, oldest first. `newest` is the
  /// number of the newest event that the store has ever recorded. Call this
  /// before anything else.
  void restore(const std::vector<event_ptr>& past, std::uint64_t newest);

  /// The remembered events of a stream after `after`, up to about `max_bytes`.
  [[nodiscard]] past_events since(const stream_name& which, std::uint64_t after,
                                  std::size_t max_bytes) const;

  /// The number of the newest event; any thread may read it.
  [[nodiscard]] std::shared_ptr<const std::atomic<std::uint64_t>>
  newest() const noexcept {
    return newest_;
  }

  /// Adds a session that has no events yet.
  void open(const session_id& session) {
    history_.open(session);
  }

  /// Forgets what is known of a finished dispatch; with an empty id, of all
  /// finished dispatches of the agent, with its other events.
  void forget(const agent_id& agent, const message_id& dispatch) {
    dispatch.empty() ? history_.forget(agent)
                     : history_.forget(agent, dispatch);
  }

  [[nodiscard]] const event_history& history() const noexcept {
    return history_;
  }

  // -- followers --------------------------------------------------------------

  follower_list::iterator add_follower(const stream_name& which,
                                       event_subscriber x);
  void remove_follower(const stream_name& which, follower_list::iterator place);
  // -- the hub ----------------------------------------------------------------

  /// `hub` manages the followers from now on, and `on_end` is called with the
  /// record of each dispatch that ends. The followers of an earlier hub must
  /// follow again.
  void begin(const void* hub,
             std::function<void(const dispatch_record&)> on_end);

  /// Ends that, unless another hub has begun: an earlier one may be destroyed
  /// later.
  void end(const void* hub) noexcept;

  /// The number of streams that have followers.
  [[nodiscard]] std::size_t followed_streams() const noexcept;

  /// Tests replace it.
  std::function<timestamp()> clock = &wall_clock_now;

private:
  [[nodiscard]] follower_list& followers_of(const stream_name& which);
  std::size_t enter(event_draft x);
  std::size_t send_to_followers(const event_ptr& x) const;

  std::shared_ptr<std::atomic<std::uint64_t>> newest_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);
  /// The time of the newest event.
  timestamp last_stamp_{};
  event_history history_;
  const void* hub_ = nullptr;
  std::function<void(const dispatch_record&)> on_end_;
  follower_list followers_of_all_;
  std::unordered_map<agent_id, follower_list> agent_followers_;
  std::unordered_map<session_id, follower_list> session_followers_;
  std::unordered_map<message_id, follower_list> dispatch_followers_;
};

} // namespace bridgekeeper::actors
