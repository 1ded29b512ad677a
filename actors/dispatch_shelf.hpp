#pragma once

#include "actors/pending_dispatch.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::actors {

/// A dispatch that waits for an agent which is not connected, or which has yet
/// to fetch it. If its life says that it is *awaited*, a bridge already has it
/// and may come back with its result.
struct waiting_dispatch {
  bridge_identity who;
  pending_dispatch entry;
  /// Given up at this time if no agent has fetched it by then.
  time_point lost_by = time_point::max();
};

/// The dispatches that no agent holds. One per daemon, shared by all threads
/// and thread-safe; the lock is held for a few lookups only. `shelve` puts a
/// dispatch here and tells the dispatcher; agents fetch theirs when they have
/// registered, and when they are told to. So a dispatch never depends on a
/// message that might not arrive.
class dispatch_shelf {
public:
  dispatch_shelf();
  ~dispatch_shelf();

  dispatch_shelf(const dispatch_shelf&) = delete;
  dispatch_shelf& operator=(const dispatch_shelf&) = delete;

  // Dispatches that have yet to be sent wait in the same order as in the queue
  // of an agent (`dispatch_queue`). All that name no agent have one queue.

  /// Gives the dispatch back if it must be cancelled instead.
  [[nodiscard]] std::optional<waiting_dispatch> put(waiting_dispatch x,
                                                    time_point now);

  /// All dispatches for this agent that have yet to be sent, in the order in
  /// which they are to be sent. Retries whose time has come are like others.
  [[nodiscard]] std::vector<waiting_dispatch> take(const agent_id& agent,
                                                   time_point now);

  /// The dispatches for this agent that are awaited and `wanted`, in the order
  /// of their arrival. `wanted` is called with the lock.
  [[nodiscard]] std::vector<waiting_dispatch>
  take_awaited(const agent_id& agent,
               const std::function<bool(const pending_dispatch&)>& wanted);

  // A bridge that comes back may register before the agent of its old link has
  // ended. The new agent then waits until the old one has put here what the
  // bridge has.

  /// This incarnation of the agent may have dispatches that its bridge resumes.
  void hold(const agent_id& agent, incarnation link);

  /// It has put all of them here.
  void release(const agent_id& agent, incarnation link);

  /// Whether an earlier incarnation still holds dispatches.
  [[nodiscard]] bool is_held_before(const agent_id& agent,
                                    incarnation link) const;

  /// The next dispatch in turn that names no agent and that this agent can do.
  [[nodiscard]] std::optional<waiting_dispatch>
  take_unassigned(const announcement& agent, time_point now);

  /// Whether there may be any that name no agent. Cheap.
  [[nodiscard]] bool has_unassigned() const noexcept {
    return unassigned_.load(std::memory_order_relaxed) > 0;
  }

  /// All dispatches that have waited for too long.
  [[nodiscard]] std::vector<waiting_dispatch> take_overdue(time_point now);

  /// When the next one will have waited for too long.
  [[nodiscard]] std::optional<time_point> next_due() const;

  /// How many dispatches wait for this agent, and how much memory they use.
  struct load {
    std::size_t count = 0;
    std::size_t bytes = 0;
  };

  [[nodiscard]] load load_of(const agent_id& agent) const;

  /// How many of its agent's dispatches will be sent before this one, if
  /// nothing else arrives; empty if it does not wait here to be sent. For a
  /// dispatch without an agent, all dispatches without an agent count.
  [[nodiscard]] std::optional<std::size_t> count_before(const message_id& id,
                                                        time_point now);

  /// How many dispatches are here.
  [[nodiscard]] std::size_t size() const;

  /// Everything that is here.
  [[nodiscard]] std::vector<waiting_dispatch> take_all();

  // -- cancellation -----------------------------------------------------------

  /// This dispatch, which must be cancelled, if it is here. Otherwise remembers
  /// that: its owner may be about to hand it over, and its next owner must
  /// cancel it then. The newest 1000 are remembered, until they have ended.
  [[nodiscard]] std::optional<waiting_dispatch> cancel(const message_id& id);

  /// Whether the owner of this dispatch must cancel it. Cheap, as long as
  /// nothing must be cancelled.
  [[nodiscard]] bool is_cancelled(const message_id& id) const;

  /// The dispatch has ended.
  void forget_cancelled(const message_id& id);

private:
  struct shelves;

  /// Must be called with the lock.
  void count();

  mutable std::mutex mutex_;
  std::unique_ptr<shelves> shelves_;
  std::atomic<std::size_t> unassigned_{0};
  std::atomic<std::size_t> cancelled_{0};
};

/// Whether the agent has everything that is required: capabilities, and labels
/// in the form `key=value`.
[[nodiscard]] bool covers(const announcement& agent,
                          const std::vector<std::string>& required);

/// Puts a dispatch on the shelf and tells the dispatcher, which has its agent
/// fetch it if that is connected. Called on the thread of `context`.
void shelve(thread_context& context, waiting_dispatch x);

/// Cancels the dispatch if it is on the shelf, or else when it is next handed
/// over. Its present owner must be told after this call, so that no change of
/// owner is missed. Called on the thread of `context`.
void cancel_shelved(thread_context& context, const message_id& id);

/// The daemon stops: what is on the shelf is left to the next daemon, or ends
/// if there is no store. Called on the thread of `context`.
void clear_shelf(thread_context& context);

} // namespace bridgekeeper::actors
