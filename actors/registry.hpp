#pragma once

#include "actors/core_memory.hpp"
#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "actors/thread_context.hpp"
#include "domain/roster.hpp"

#include <caf/typed_response_promise.hpp>

#include <functional>
#include <list>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

namespace bridgekeeper::actors {

struct registry_options {
  /// I/O threads whose agents are to announce themselves before questions about
  /// unknown agents are answered; 0 at the daemon's start, when there are none.
  std::size_t threads_to_hear_from = 0;
};

struct registry_state : agent_directory {
  static inline const char* name = "registry";

  using self_type = io_actor<registry_state, registry_actor>;

  explicit registry_state(registry_actor::base* self_ptr) : self(self_ptr) {}

  /// A promise nobody keeps would be lost: who asked hears that nobody did.
  ~registry_state() override;

  registry_actor::behavior_type make_behavior();

  caf::result<incarnation> on_join(const announcement_ptr& who,
                                   const agent_actor& handle);
  void on_announce(const announcement_ptr& who, const agent_actor& handle,
                   incarnation number);
  void on_announced(std::size_t thread);
  void on_down(const caf::down_msg& down);
  caf::result<bool> on_forget(const agent_id& id);

  /// The agent actor that stands under `id`, or why there is none.
  [[nodiscard]] caf::expected<agent_actor> lookup(const agent_id& id) const;

  [[nodiscard]] const agent_actor*
  find_standing(const agent_id& id) const override;

  [[nodiscard]] agent_list list();

  /// Whether agents may be connected that this registry does not know yet.
  [[nodiscard]] bool recovering() const noexcept {
    return !silent_threads.empty();
  }

  // -- data -------------------------------------------------------------------

  registry_actor::base* self;
  thread_context* context = nullptr;
  std::shared_ptr<core_memory> memory;
  roster<agent_actor> agents;
  /// Which agent id an actor stands for, to tell whose end a down message is.
  std::unordered_map<caf::actor_addr, agent_id> ids;
  std::set<std::size_t> silent_threads;
  /// Questions put off until the recovery is over; each is told the error to
  /// answer with if there will be no such time, else null.
  std::vector<std::function<void(const caf::error*)>> put_off;

  /// A bridge that waits until it is known whether the one that stands under
  /// its id is alive.
  struct contest {
    announcement_ptr who;
    agent_actor newcomer;
    caf::typed_response_promise<incarnation> promise;
  };

  std::list<contest> contests;

private:
  using contest_position = std::list<contest>::iterator;

  incarnation grant(const announcement_ptr& who, const agent_actor& handle);
  void challenge(contest_position x);
  void on_verdict(contest_position x, const agent_actor& asked, bool alive);
  void tell_conflict(const announcement& standing, const announcement& newcomer,
                     bool newcomer_stands);
  void forget_surplus();
  void stand(const announcement_ptr& who, const agent_actor& handle,
             incarnation number);

  template <class Result, class Answer>
  caf::result<Result> once_recovered(Answer answer);

  template <class Result, class... Ts>
  caf::result<Result> pass_on(const agent_id& id, Ts... message);
};

registry_actor::behavior_type registry(registry_state::self_type* self,
                                       thread_context* context,
                                       std::shared_ptr<core_memory> memory,
                                       registry_options options);

} // namespace bridgekeeper::actors
