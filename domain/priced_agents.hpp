#pragma once

#include "domain/ids.hpp"

#include <cstddef>
#include <deque>
#include <unordered_set>

namespace bridgekeeper {

/// The agents that have reported a cost, so their work is known to have a
/// price. Bounded: the agent recorded first is forgotten first, until it
/// reports a cost again. Ids are valid, so each has at most 64 bytes. Not
/// thread-safe.
class priced_agents {
public:
  explicit priced_agents(std::size_t most = 65'536) : most_(most) {}

  void add(const agent_id& agent) {
    if (!ids_.insert(agent).second)
      return;
    order_.push_back(agent);
    if (order_.size() <= most_)
      return;
    ids_.erase(order_.front());
    order_.pop_front();
  }

  [[nodiscard]] bool contains(const agent_id& agent) const {
    return !ids_.empty() && ids_.contains(agent);
  }

private:
  std::size_t most_;
  std::unordered_set<agent_id> ids_;
  std::deque<agent_id> order_;
};

} // namespace bridgekeeper
