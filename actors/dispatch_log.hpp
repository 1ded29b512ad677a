#pragma once

#include "protocol/dispatch_record.hpp"
#include "protocol/event.hpp"
#include "protocol/ids.hpp"

#include <boost/intrusive/list.hpp>

#include <cstddef>
#include <unordered_map>

namespace bridgekeeper::actors {

struct dispatch_log_options {
  /// Finished dispatches remembered; unfinished ones always are.
  std::size_t finished = 10'000;
  /// Memory the remembered results may hold on to, roughly.
  std::size_t finished_bytes = 64 * 1024 * 1024;
};

/// What became of each dispatch, told from events. Every dispatch is kept until
/// it is finished (contract section 6, number 6). Pure bookkeeping.
class dispatch_log {
public:
  explicit dispatch_log(dispatch_log_options options) : options_(options) {}

  dispatch_log(const dispatch_log&) = delete;
  dispatch_log& operator=(const dispatch_log&) = delete;

  /// Takes note of an event about a dispatch; others are ignored.
  void note(const protocol::event& x);

  [[nodiscard]] const protocol::dispatch_record*
  find(const protocol::message_id& id) const;

  /// The agent's newest dispatch that is not finished, else its newest.
  [[nodiscard]] const protocol::dispatch_record*
  task_of(const protocol::agent_id& id) const;

  /// The agent's newest dispatch, finished or not; empty where it has none.
  [[nodiscard]] protocol::message_id
  newest_of(const protocol::agent_id& id) const;

  [[nodiscard]] std::size_t size() const noexcept {
    return records_.size();
  }

private:
  struct agent_tasks;

  using hook = boost::intrusive::list_member_hook<>;

  /// Stays where it is as long as it is remembered, so others point to it.
  struct slot {
    protocol::dispatch_record record;
    agent_tasks* of_agent = nullptr;
    /// Among its agent's, unfinished or finished.
    hook by_agent;
    /// Among all that are finished.
    hook by_end;
  };

  using agent_list = boost::intrusive::list<
      slot, boost::intrusive::member_hook<slot, hook, &slot::by_agent>>;

  using end_list = boost::intrusive::list<
      slot, boost::intrusive::member_hook<slot, hook, &slot::by_end>>;

  struct agent_tasks {
    /// In order of dispatch.
    agent_list unfinished;
    /// In order of their end.
    agent_list finished;
    /// Of those that are remembered.
    const slot* newest = nullptr;
  };

  void begin(const protocol::message_id& id, const protocol::event& x);
  void finish(slot& x, const protocol::event& why);
  void forget_surplus();

  [[nodiscard]] const agent_tasks* tasks_of(const protocol::agent_id& id) const;

  dispatch_log_options options_;
  std::unordered_map<protocol::message_id, slot> records_;
  std::unordered_map<protocol::agent_id, agent_tasks> agents_;
  end_list finished_;
  std::size_t finished_bytes_ = 0;
};

} // namespace bridgekeeper::actors
