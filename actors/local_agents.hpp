#pragma once

#include "actors/interfaces.hpp"

#include <cstddef>
#include <unordered_map>

namespace bridgekeeper::actors {

/// The registered agents of one I/O thread. A plain class of that thread:
/// agents enter and leave by themselves, and requesters on the same thread
/// bypass the registry. Only the registry decides which agents may register. An
/// agent that the registry has told to leave stays here until it leaves.
class local_agents {
public:
  /// An agent replaces an older one with its id.
  void enter(const agent_id& id, const agent_actor& agent) {
    agents_.insert_or_assign(id, agent);
  }

  /// Ignored if another agent has replaced this one.
  void leave(const agent_id& id, const caf::actor_addr& agent) {
    auto pos = agents_.find(id);
    if (pos != agents_.end() && pos->second.address() == agent)
      agents_.erase(pos);
  }

  /// The agent with this id, or null.
  [[nodiscard]] const agent_actor* find(const agent_id& id) const {
    auto pos = agents_.find(id);
    return pos != agents_.end() ? &pos->second : nullptr;
  }

  [[nodiscard]] std::size_t size() const noexcept {
    return agents_.size();
  }

private:
  std::unordered_map<agent_id, agent_actor> agents_;
};

} // namespace bridgekeeper::actors
