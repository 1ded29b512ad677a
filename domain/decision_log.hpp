#pragma once

#include "domain/decision.hpp"
#include "domain/decision_memory.hpp"
#include "domain/ids.hpp"
#include "domain/setting_values.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace bridgekeeper {

/// The newest decisions about each agent, each dispatch and each reason, and
/// the settings that apply: what explanations are made of. The daemon has a
/// single instance, shared by all threads. Thread-safe; the lock is held for a
/// few lookups. All memory is bounded, and agents and dispatches may be gone
/// when they are asked about.
class decision_log {
public:
  /// Whom a decision is about. Null: nobody of that kind.
  struct subject {
    const agent_id* agent = nullptr;
    const message_id* message = nullptr;
    /// The agent that has the dispatch, if the decision is not to be listed
    /// among those about the agent.
    const agent_id* owner = nullptr;
    /// The agent is only claimed, by a peer without a valid token. Such
    /// decisions have a memory of their own, so that no peer can displace the
    /// others.
    bool is_claim = false;
    /// A client has named the id, and nothing shows that it exists. The
    /// decision is noted about it only if others have been, so that no client
    /// can fill the memory with ids that it makes up.
    bool agent_is_unproven = false;
    bool message_is_unproven = false;
  };

  explicit decision_log(timestamp began = wall_clock_now());

  /// Remembers a decision. If it has a reason, also among those with the same
  /// reason. If its setting has no value yet, the configured one is added. Long
  /// texts are cut.
  void note(decision x, const subject& about);

  /// Oldest first. Those about the agent include claims.
  [[nodiscard]] std::vector<decision> about(const agent_id& x) const;
  [[nodiscard]] std::vector<decision> about(const message_id& x) const;
  [[nodiscard]] std::vector<decision> about(errc x) const;

  /// Forgets the decisions about a dispatch of this agent, wherever they are
  /// remembered: they may quote what the agent reported.
  void forget(const agent_id& agent, const message_id& dispatch);

  /// Forgets the decisions about an agent.
  void forget(const agent_id& agent);

  /// Applies to later decisions.
  void change_settings(setting_values x);

  [[nodiscard]] std::shared_ptr<const setting_values> settings() const;

  /// Earlier decisions are only known from events and records.
  [[nodiscard]] timestamp began() const noexcept {
    return began_;
  }

private:
  timestamp began_;
  mutable std::mutex mutex_;
  std::shared_ptr<const setting_values> settings_ =
      std::make_shared<const setting_values>();
  decision_memory<agent_id> agents_;
  decision_memory<agent_id> claims_;
  decision_memory<message_id> dispatches_;
  /// The keys are the tokens of reasons.
  decision_memory<std::string> reasons_;
};

} // namespace bridgekeeper
