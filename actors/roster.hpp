#pragma once

#include "actors/payloads.hpp"

#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bridgekeeper::actors {

/// Every agent ever seen, and who stands for it now. Pure bookkeeping: `Handle`
/// is an actor handle in the registry and an int in tests.
template <class Handle>
class roster {
public:
  struct entry {
    agent_view view;
    /// Set while an incarnation stands.
    std::optional<Handle> standing;
  };

  /// Agents that are away are remembered until there are more than `max_known`
  /// in all; then the one longest on the list goes.
  explicit roster(std::size_t max_known = 100'000) : max_known_(max_known) {}

  /// Lets a newer incarnation stand. Returns who stood before, if anybody did.
  /// An older incarnation than the one that stands is not let in: then the
  /// newcomer itself is returned.
  std::optional<Handle> stand(announcement_ptr who, Handle handle,
                              incarnation number) {
    auto& x = entry_of(who->agent);
    if (number < x.view.number)
      return handle;
    auto before = std::exchange(x.standing, std::move(handle));
    x.view.connected = true;
    x.view.number = number;
    x.view.announced = std::move(who);
    return before;
  }

  /// Lists an agent of an earlier day as away, unless it is known already.
  void remember(agent_view view) {
    auto& x = entry_of(view.agent);
    if (x.view.number != incarnation{} || x.standing)
      return;
    x.view = std::move(view);
    x.view.connected = false;
  }

  /// Lists an agent that is yet to connect.
  const agent_view& enlist(agent_id id, std::string name,
                           std::string endpoint_url) {
    auto& view = entry_of(id).view;
    view.name = std::move(name);
    view.endpoint_url = std::move(endpoint_url);
    return view;
  }

  /// Removes an incarnation, if it is the one that stands. What a superseded
  /// one does in leaving changes nothing (contract section 6, number 2).
  bool leave(const agent_id& id, incarnation number) {
    auto pos = index_.find(id);
    if (pos == index_.end() || pos->second->view.number != number
        || !pos->second->standing)
      return false;
    pos->second->standing.reset();
    pos->second->view.connected = false;
    return true;
  }

  [[nodiscard]] const entry* find(const agent_id& id) const {
    auto pos = index_.find(id);
    return pos != index_.end() ? &*pos->second : nullptr;
  }

  /// In the order they first registered.
  [[nodiscard]] const std::list<entry>& entries() const noexcept {
    return entries_;
  }

private:
  entry& entry_of(const agent_id& id) {
    if (auto pos = index_.find(id); pos != index_.end())
      return *pos->second;
    if (entries_.size() >= max_known_)
      forget_one();
    auto pos = entries_.insert(entries_.end(), entry{});
    pos->view.agent = id;
    pos->view.name = id.str();
    index_.emplace(id, pos);
    return *pos;
  }

  void forget_one() {
    for (auto pos = entries_.begin(); pos != entries_.end(); ++pos) {
      if (!pos->standing) {
        index_.erase(pos->view.agent);
        entries_.erase(pos);
        return;
      }
    }
  }

  std::size_t max_known_;
  std::list<entry> entries_;
  std::unordered_map<agent_id, typename std::list<entry>::iterator> index_;
};

} // namespace bridgekeeper::actors
