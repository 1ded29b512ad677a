#pragma once

#include "actors/core_memory.hpp"
#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "actors/thread_context.hpp"
#include "domain/roster.hpp"
#include "store/dispatches/completion.hpp"

#include <caf/typed_response_promise.hpp>

#include <functional>
#include <list>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

namespace bridgekeeper::actors {

struct registry_options {
  /// Number of I/O threads whose agents must announce themselves before
  /// requests about unknown agents are answered; 0 at the daemon's start, when
  /// there are no agents.
  std::size_t threads_to_hear_from = 0;
};

struct registry_state {
  static inline const char* name = "registry";

  using self_type = io_actor<registry_state, registry_actor>;

  explicit registry_state(registry_actor::base* self_ptr) : self(self_ptr) {}

  /// Fails the open requests. If a promise were dropped, the requester would
  /// never get an answer.
  ~registry_state();

  registry_actor::behavior_type make_behavior();

  caf::result<incarnation> on_join(const announcement_ptr& who,
                                   const agent_actor& handle);
  void on_announce(const announcement_ptr& who, const agent_actor& handle,
                   incarnation number);
  void on_announced(std::size_t thread);
  void on_down(const caf::down_msg& down);
  caf::result<bool> on_forget(const agent_id& id);

  /// The connected agent with this id, or the reason why there is none.
  [[nodiscard]] caf::expected<agent_actor> lookup(const agent_id& id) const;

  [[nodiscard]] const agent_actor* find_standing(const agent_id& id) const;

  /// Sends a message to the agent, if it is connected. Without an id, any of
  /// them may be meant: sends it to all.
  template <class... Ts>
  void tell_standing(const agent_id& id, const Ts&... message);

  [[nodiscard]] agent_list list();

  /// Notes for the metrics how many agents are known.
  void note_size() const;

  /// Whether there may be connected agents that this registry does not know
  /// yet.
  [[nodiscard]] bool recovering() const noexcept {
    return !silent_threads.empty();
  }

  // -- dispatches (registry_dispatches.cpp) -----------------------------------

  caf::result<acceptance> on_dispatch(const dispatch_order_ptr& order);
  [[nodiscard]] caf::result<std::uint64_t> place_of(const agent_id& agent,
                                                    const message_id& id);

  // -- the operator's wishes (registry_duties.cpp) ----------------------------

  caf::result<std::uint64_t> on_duty(const agent_id& id, agent_duty duty);

  // -- erasing (registry_erasing.cpp) -----------------------------------------

  caf::result<bool> on_erase(const agent_id& id, const origin& from);

  // -- data -------------------------------------------------------------------

  registry_actor::base* self;
  thread_context* context = nullptr;
  std::shared_ptr<core_memory> memory;
  roster<agent_actor> agents;
  /// The id of each agent actor, to interpret down messages.
  std::unordered_map<caf::actor_addr, agent_id> ids;
  std::set<std::size_t> silent_threads;
  /// Requests deferred until the registry has recovered. Each is called once:
  /// with null when it can be answered, or with the error that it fails with.
  std::vector<std::function<void(const caf::error*)>> put_off;

  /// A new agent that waits until it is known whether the bridge of the
  /// connected agent with the same id is alive.
  struct contest {
    announcement_ptr who;
    agent_actor newcomer;
    caf::typed_response_promise<incarnation> promise;
  };

  std::list<contest> contests;
  /// Agents that the store is about to erase, and new agents with their ids,
  /// which wait for that.
  std::set<agent_id> erasing;
  std::list<contest> held_back;
  /// Lets answers of the store find out whether the registry has ended. Created
  /// with the first question.
  std::shared_ptr<registry_state*> anchor;

private:
  struct duty_round;

  /// Gives this agent a duty. What follows is answered by `round`.
  void assign(const roster<agent_actor>::entry& x, agent_duty duty,
              const std::shared_ptr<duty_round>& round);

  using contest_position = std::list<contest>::iterator;

  /// Gives the next incarnation number to `handle` and makes it the current
  /// one.
  incarnation grant(const announcement_ptr& who, const agent_actor& handle);
  /// Whether the process of the connected bridge registers again: it has
  /// noticed that its link is dead before the daemon has.
  [[nodiscard]] bool is_same_bridge(const announcement& newcomer);
  /// Whether the older link is closed because its own bridge has registered
  /// again. Such a bridge may reconnect. From the third time within 30 s on,
  /// they are taken for two bridges, for example of a cloned machine, which
  /// would replace each other forever.
  [[nodiscard]] bool is_return(const announcement& older,
                               const announcement& newer);
  /// Asks the connected agent to prove that its bridge is alive.
  void challenge(contest_position x);
  void on_verdict(contest_position x, const agent_actor& asked, bool alive);
  void tell_conflict(const announcement& standing, const announcement& newcomer,
                     bool newcomer_stands);
  /// The store's answer to an erasure. Returns whether the agent is gone now.
  bool on_erased(const agent_id& id, store::outcome what);
  void admit_held_back(const agent_id& id);
  /// Forgets disconnected agents beyond the limits.
  void forget_surplus();
  /// Makes the newer incarnation the current one and tells the older one to
  /// leave.
  void stand(const announcement_ptr& who, const agent_actor& handle,
             incarnation number);

  /// What is announced by an agent, or what stands in for that if it has never
  /// connected.
  [[nodiscard]] announcement_ptr describe(const agent_view& agent) const;
  /// Delegates the order to the actor that accepts it. `hand_on` gets the
  /// receiver and the message.
  template <class HandOn>
  [[nodiscard]] std::optional<caf::error>
  hand_over(const dispatch_order_ptr& order, HandOn hand_on) const;

  /// The same for an order that names no agent: to the least busy one that has
  /// the required capabilities.
  template <class HandOn>
  [[nodiscard]] std::optional<caf::error> route(const dispatch_order_ptr& order,
                                                HandOn hand_on) const;

  /// For the requester. Names agents that only a cordon keeps from the work.
  [[nodiscard]] std::string
  why_none_is_able(const std::vector<std::string>& required) const;

  /// Answers a request now or, while recovering, later.
  template <class Result, class Answer>
  caf::result<Result> once_recovered(Answer answer);

  /// Passes a request on to the agent, which responds. While recovering,
  /// requests for unknown or disconnected agents are deferred.
  template <class Result, class... Ts>
  caf::result<Result> pass_on(const agent_id& id, Ts... message);
};

registry_actor::behavior_type registry(registry_state::self_type* self,
                                       thread_context* context,
                                       std::shared_ptr<core_memory> memory,
                                       registry_options options);

} // namespace bridgekeeper::actors
