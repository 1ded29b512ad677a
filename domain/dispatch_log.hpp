#pragma once

#include "domain/dispatch_life.hpp"
#include "domain/dispatch_record.hpp"
#include "domain/event.hpp"
#include "domain/ids.hpp"
#include "domain/keyed_hash.hpp"
#include "domain/size_ranking.hpp"

#include <boost/intrusive/list.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <limits>
#include <memory>
#include <type_traits>
#include <unordered_map>

namespace bridgekeeper {

struct dispatch_log_options {
  /// Number of finished dispatches remembered; unfinished ones are always kept.
  std::size_t finished = 10'000;
  /// Approximate memory limit for these dispatches and their results. If the
  /// newest result is larger than half of it, that result is not counted.
  std::size_t finished_bytes = std::numeric_limits<std::size_t>::max();
};

/// The outcome of each dispatch, derived from events. Every dispatch is kept
/// until it is finished (contract section 6, number 6). When there are too many
/// finished ones, the agent with the most loses the one that ended first, so no
/// agent can displace the results of others. Pure bookkeeping.
class dispatch_log {
public:
  explicit dispatch_log(dispatch_log_options options) : options_(options) {}

  dispatch_log(const dispatch_log&) = delete;
  dispatch_log& operator=(const dispatch_log&) = delete;

  /// Applies an event about a dispatch; ignores other events. Returns the
  /// record of the dispatch that has ended with this event, or null.
  const dispatch_record* note(const event& x);

  /// Forgets the dispatch if it is finished.
  void forget(const message_id& id);

  /// Forgets all finished dispatches of the agent.
  void forget(const agent_id& id);

  [[nodiscard]] const dispatch_record* find(const message_id& id) const;

  /// The agent's newest unfinished dispatch, or its newest one if all are
  /// finished.
  [[nodiscard]] const dispatch_record* task_of(const agent_id& id) const;

  /// The agent's newest dispatch, finished or not; empty if it has none.
  [[nodiscard]] message_id newest_of(const agent_id& id) const;

  [[nodiscard]] std::size_t size() const noexcept {
    return records_.size();
  }

  /// Memory use of the finished dispatches.
  [[nodiscard]] std::size_t finished_bytes() const noexcept {
    return finished_bytes_;
  }

private:
  struct agent_tasks;

  using hook = boost::intrusive::list_member_hook<>;

  /// The address of a slot is stable for as long as it is remembered, so other
  /// structures may point to it.
  struct slot {
    dispatch_record record;
    dispatch_life life;
    agent_tasks* of_agent = nullptr;
    // Copied here because the record, including its id, is usually not in the
    // cache when it is forgotten.
    std::size_t hash = 0;
    /// Memory use in bytes once finished.
    std::size_t bytes = 0;
    /// Position in the agent's list of unfinished or finished dispatches.
    hook by_agent;
  };

  using agent_list = boost::intrusive::list<
      slot, boost::intrusive::member_hook<slot, hook, &slot::by_agent>>;

  struct count;
  struct bytes;

  /// Ranked twice: by the number of finished dispatches and by their bytes.
  struct agent_tasks : ranked<count>, ranked<bytes> {
    /// Ordered by start.
    agent_list unfinished;
    /// Ordered by end.
    agent_list finished;
    std::size_t finished_bytes = 0;
    /// The newest dispatch still remembered.
    const slot* newest = nullptr;
  };

  using slot_ptr = std::unique_ptr<slot>;

  struct slot_hash {
    using is_transparent = void;
    /// Tells Boost that all bits of the hash are well mixed.
    using is_avalanching = void;

    std::size_t operator()(const message_id& x) const noexcept {
      return static_cast<std::size_t>(keyed_hash(x.str()));
    }

    std::size_t operator()(const slot* x) const noexcept {
      return x->hash;
    }

    std::size_t operator()(const slot_ptr& x) const noexcept {
      return x->hash;
    }
  };

  struct slot_equal {
    using is_transparent = void;

    template <class Left>
    bool operator()(const Left& x, const slot_ptr& y) const noexcept {
      if constexpr (std::is_same_v<Left, message_id>)
        return x == y->record.message;
      else
        return &*x == y.get();
    }
  };

  void begin(const message_id& id, const event& x);
  void finish(slot& x, const event& why);
  void note_late(slot& x, const late_result& late);
  void forget_surplus(const slot& newest);
  /// Forgets the oldest finished dispatch of the agent that has the most, but
  /// never `newest`. Returns false if there is no other.
  template <class Size>
  bool forget_one(size_ranking<agent_tasks, Size>& ranking, const slot& newest);
  void forget_first(agent_tasks& of);
  /// Forgets one of the agent's finished dispatches.
  void drop(agent_tasks& of, slot& x);
  void rank(agent_tasks& x);
  /// The dispatch that began last; null if there is none.
  [[nodiscard]] static const slot* find_newest(const agent_tasks& of);

  [[nodiscard]] const agent_tasks* tasks_of(const agent_id& id) const;

  dispatch_log_options options_;
  /// Keyed by id. Records are usually not in the cache when they are found or
  /// forgotten, and neither would be the neighbors of a hash node; hence a flat
  /// set.
  boost::unordered_flat_set<slot_ptr, slot_hash, slot_equal> records_;
  std::unordered_map<agent_id, agent_tasks> agents_;
  size_ranking<agent_tasks, count> by_count_;
  size_ranking<agent_tasks, bytes> by_bytes_;
  std::size_t finished_ = 0;
  std::size_t finished_bytes_ = 0;
};

} // namespace bridgekeeper
