#pragma once

#include "domain/ids.hpp"

#include <cstddef>
#include <deque>
#include <mutex>
#include <unordered_set>

namespace bridgekeeper {

/// The sessions that control clients have opened, so that no bridge can claim
/// one of them. Bounded: the oldest is forgotten first, as in the history. The
/// ids are UUIDs that the daemon generates. One instance per daemon; any
/// thread.
class control_sessions {
public:
  explicit control_sessions(std::size_t most = 10'000) : most_(most) {}

  void add(const session_id& session) {
    std::lock_guard guard{mutex_};
    if (!ids_.insert(session).second)
      return;
    order_.push_back(session);
    if (order_.size() <= most_)
      return;
    ids_.erase(order_.front());
    order_.pop_front();
  }

  [[nodiscard]] bool contains(const session_id& session) const {
    std::lock_guard guard{mutex_};
    return ids_.contains(session);
  }

private:
  mutable std::mutex mutex_;
  std::size_t most_;
  std::unordered_set<session_id> ids_;
  std::deque<session_id> order_;
};

} // namespace bridgekeeper
