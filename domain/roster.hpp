#pragma once

#include "domain/agent_view.hpp"
#include "domain/limits.hpp"
#include "domain/rivalry.hpp"

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bridgekeeper {

struct roster_limits {
  std::size_t max_known = 100'000;
  /// The announcements of connected agents may use this much memory, and those
  /// of disconnected agents as much again.
  std::size_t max_bytes = 64 * mebibyte;
  /// A disconnected agent is forgotten after this time; 0: never.
  std::chrono::milliseconds forget_after = std::chrono::hours{24 * 30};
};

/// Memory for announcements that are still arriving: the first frames of all
/// bridges that have yet to register.
inline constexpr std::size_t default_first_frame_bytes = 32 * mebibyte;

/// Every remembered agent and its current handle, if it is connected. Pure
/// bookkeeping: `Handle` is an actor handle in the registry and an int in
/// tests. Callers pass the time.
///
/// Connected agents are never forgotten. `forget_surplus` forgets disconnected
/// agents in the order in which they left, as far as `roster_limits` requires,
/// except cordoned ones: they could come back and be sent dispatches.
template <class Handle>
class roster {
public:
  struct entry {
    agent_view view;
    /// Set while an incarnation is connected.
    std::optional<Handle> standing;
    /// Null for most agents, which never have a rival.
    std::unique_ptr<bridgekeeper::rivalry> rivalry;

  private:
    friend class roster;

    /// Position among the disconnected agents, and the memory counted for it
    /// there.
    std::optional<typename std::multimap<time_point, entry*>::iterator> away;
    std::size_t bytes = 0;
  };

  /// Makes a newer incarnation the current one. Returns the handle of the
  /// previous one, if there was any. If `number` is older than the current
  /// incarnation, nothing changes and `handle` itself is returned.
  std::optional<Handle> stand(announcement_ptr who, Handle handle,
                              incarnation number) {
    auto& x = entry_of(who->agent);
    if (number < x.view.number)
      return handle;
    comes_back(x);
    auto before = std::exchange(x.standing, std::move(handle));
    connected_ += before ? 0 : 1;
    x.view.connected = true;
    x.view.number = number;
    x.view.announced = std::move(who);
    return before;
  }

  /// Lists an agent of an earlier registry as disconnected, unless it is
  /// already known.
  void remember(agent_view view, time_point now) {
    auto& x = entry_of(view.agent);
    if (x.view.number != incarnation{} || x.standing)
      return;
    comes_back(x);
    auto since = view.connected ? time_point{} : view.away_since;
    x.view = std::move(view);
    x.view.connected = false;
    goes_away(x, since == time_point{} ? now : since);
  }

  /// Lists an agent that has yet to connect.
  const agent_view& enlist(agent_id id, std::string name,
                           std::string endpoint_url, time_point now) {
    auto& x = entry_of(id);
    x.view.name = std::move(name);
    x.view.endpoint_url = std::move(endpoint_url);
    if (!x.standing) {
      comes_back(x);
      goes_away(x, now);
    }
    return x.view;
  }

  /// Marks the agent as disconnected if `number` is its current incarnation. A
  /// superseded incarnation that leaves changes nothing (contract section 6,
  /// number 2).
  bool leave(const agent_id& id, incarnation number, time_point now) {
    auto pos = index_.find(id);
    if (pos == index_.end() || pos->second->view.number != number
        || !pos->second->standing)
      return false;
    auto& x = *pos->second;
    x.standing.reset();
    --connected_;
    x.view.connected = false;
    goes_away(x, now);
    return true;
  }

  /// Notes whether an agent is cordoned. Returns false if that is not new, or
  /// if the agent is unknown.
  bool cordon(const agent_id& id, bool is_cordoned) {
    auto pos = index_.find(id);
    if (pos == index_.end() || pos->second->view.is_cordoned == is_cordoned)
      return false;
    auto& x = *pos->second;
    x.view.is_cordoned = is_cordoned;
    if (!x.standing) {
      comes_back(x);
      goes_away(x, x.view.away_since);
    }
    return true;
  }

  /// Forgets a disconnected agent. Returns false if the agent is connected or
  /// unknown.
  bool forget(const agent_id& id) {
    auto pos = index_.find(id);
    if (pos == index_.end() || pos->second->standing)
      return false;
    erase(*pos->second);
    return true;
  }

  /// Forgets disconnected agents while these limits are exceeded. The agent
  /// that left first is forgotten first.
  void forget_surplus(const roster_limits& limits, time_point now) {
    auto is_surplus = [&](time_point since) {
      return entries_.size() > limits.max_known
             || away_bytes_ > limits.max_bytes
             || (limits.forget_after.count() > 0
                 && now - since >= limits.forget_after);
    };
    while (!away_.empty() && is_surplus(away_.begin()->first))
      erase(*away_.begin()->second);
  }

  [[nodiscard]] const entry* find(const agent_id& id) const {
    auto pos = index_.find(id);
    return pos != index_.end() ? &*pos->second : nullptr;
  }

  /// Requires a known agent.
  [[nodiscard]] rivalry& rivalry_of(const agent_id& id) {
    auto& x = *index_.at(id);
    if (!x.rivalry)
      x.rivalry = std::make_unique<rivalry>();
    return *x.rivalry;
  }

  /// In the order in which the agents first registered.
  [[nodiscard]] const std::list<entry>& entries() const noexcept {
    return entries_;
  }

  /// One page of that list, or nothing if `query.after` names an unknown agent.
  [[nodiscard]] std::optional<agent_page> page(const agent_query& query) const {
    auto pos = entries_.begin();
    if (query.after) {
      auto found = index_.find(*query.after);
      if (found == index_.end())
        return std::nullopt;
      pos = std::next(found->second);
    }
    auto fits = [&query](const entry& x) {
      return !query.connected || x.view.connected == *query.connected;
    };
    auto chosen = std::make_shared<std::vector<agent_view>>();
    agent_page out;
    for (; pos != entries_.end(); ++pos) {
      if (!fits(*pos))
        continue;
      if (chosen->size() == query.limit) {
        out.next = chosen->back().agent;
        break;
      }
      chosen->push_back(pos->view);
    }
    out.agents = std::move(chosen);
    out.total = !query.connected   ? entries_.size()
                : *query.connected ? connected_
                                   : entries_.size() - connected_;
    return out;
  }

private:
  entry& entry_of(const agent_id& id) {
    if (auto pos = index_.find(id); pos != index_.end())
      return *pos->second;
    auto pos = entries_.emplace(entries_.end());
    pos->view.agent = id;
    pos->view.name = id.str();
    index_.emplace(id, pos);
    return *pos;
  }

  void goes_away(entry& x, time_point now) {
    x.view.away_since = now;
    if (x.view.is_cordoned)
      return;
    x.away = away_.emplace(now, &x);
    x.bytes = sizeof(entry) + footprint(x.view);
    away_bytes_ += x.bytes;
  }

  void comes_back(entry& x) {
    if (!x.away)
      return;
    away_.erase(*x.away);
    x.away.reset();
    away_bytes_ -= std::exchange(x.bytes, 0);
  }

  void erase(entry& x) {
    comes_back(x);
    auto pos = index_.find(x.view.agent);
    entries_.erase(pos->second);
    index_.erase(pos);
  }

  std::list<entry> entries_;
  std::unordered_map<agent_id, typename std::list<entry>::iterator> index_;
  /// Ordered by the time at which the agents left.
  std::multimap<time_point, entry*> away_;
  std::size_t away_bytes_ = 0;
  std::size_t connected_ = 0;
};

} // namespace bridgekeeper
