#pragma once

#include "protocol/dispatch_record.hpp"
#include "protocol/event.hpp"
#include "protocol/ids.hpp"

#include <cstddef>
#include <deque>
#include <list>
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
  struct agent_tasks {
    /// In order of dispatch.
    std::list<protocol::message_id> unfinished;
    /// In order of their end.
    std::list<protocol::message_id> finished;
    protocol::message_id newest;
  };

  struct slot {
    protocol::dispatch_record record;
    std::list<protocol::message_id>::iterator unfinished;
  };

  void finish(slot& x, const protocol::event& why);
  void forget_surplus();

  dispatch_log_options options_;
  std::unordered_map<protocol::message_id, slot> records_;
  std::unordered_map<protocol::agent_id, agent_tasks> agents_;
  std::deque<protocol::message_id> finished_;
  std::size_t finished_bytes_ = 0;
};

} // namespace bridgekeeper::actors
