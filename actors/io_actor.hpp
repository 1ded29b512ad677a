#pragma once

#include "actors/message_name.hpp"
#include "actors/thread_context.hpp"
#include "domain/actor_statistics.hpp"
#include "domain/time_point.hpp"

#include <caf/actor_system.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace bridgekeeper::actors {

/// An actor with a typed interface that stays on one I/O thread, its home, as
/// CAF's own brokers do: only its home resumes it, no matter which thread sends
/// to it. Spawned with `spawn_on`. Without a home (in tests) it runs on CAF's
/// scheduler.
template <class State, class Handle>
class io_actor : public caf::stateful_actor<State, typename Handle::base> {
public:
  using super = caf::stateful_actor<State, typename Handle::base>;
  using behavior_type = typename Handle::behavior_type;

  explicit io_actor(caf::actor_config& cfg) : super(cfg), home_(cfg.host) {
    // CAF sets this host for actors that were spawned without one.
    if (home_ == this->home_system().dummy_execution_unit())
      home_ = nullptr;
  }

  /// Adds the actor to the operator's census. Must be called first.
  void join_statistics(const std::shared_ptr<actor_statistics>& book,
                       std::optional<std::size_t> thread) {
    entry_ = std::make_unique<actor_statistics::entry>(book, this->id(),
                                                       this->name(), thread);
  }

  /// Names what the actor stands for, such as an agent's id, in what operators
  /// see of it.
  void stand_for(std::string subject) {
    if (entry_)
      entry_->stand_for(std::move(subject));
  }

  /// Handles a message at once, without the mailbox, for example when a session
  /// passes a frame to the actor that owns it. Must be called on the home
  /// thread and not from within a handler. An exception ends the actor, as in
  /// any handler.
  template <class... Ts>
  void handle_now(Ts&&... xs) {
    if (entry_)
      entry_->count_direct();
    handled_until_ = {};
    auto element =
        caf::make_mailbox_element(nullptr, caf::make_message_id(),
                                  caf::no_stages, std::forward<Ts>(xs)...);
    this->activate(home_ != nullptr ? home_ : this->context(), *element);
  }

  // -- scheduling -------------------------------------------------------------

  void enqueue(caf::mailbox_element_ptr what,
               caf::execution_unit* from) override {
    if (entry_)
      entry_->count_arrival();
    super::enqueue(std::move(what), home_ != nullptr ? home_ : from);
  }

  using super::enqueue;

  void launch(caf::execution_unit* from, bool lazy, bool hide) override {
    super::launch(home_ != nullptr ? home_ : from, lazy, hide);
  }

  caf::resumable::resume_result resume(caf::execution_unit* unit,
                                       std::size_t max_throughput) override {
    handled_until_ = {};
    auto outcome = super::resume(unit, max_throughput);
    if (entry_) {
      // `resume_later` means that the actor has used up its throughput.
      // Otherwise the mailbox is empty.
      if (outcome == caf::resumable::resume_later)
        entry_->count_handled(max_throughput);
      else
        entry_->count_all_handled();
    }
    return outcome;
  }

  /// CAF calls this for each message. Within a turn, a handler begins when the
  /// previous one has returned, so that each message costs one look at the
  /// clock, and each turn one more.
  caf::invoke_message_result consume(caf::mailbox_element& x) override {
    if (!entry_)
      return super::consume(x);
    auto begun = handled_until_;
    if (begun == time_point{})
      begun = std::chrono::steady_clock::now();
    auto outcome = super::consume(x);
    handled_until_ = std::chrono::steady_clock::now();
    if (auto took = handled_until_ - begun; took >= slow_handlers::threshold)
      entry_->note_slow(message_name(x), took);
    return outcome;
  }

  using super::consume;

  bool cleanup(caf::error&& reason, caf::execution_unit* unit) override {
    if (entry_)
      entry_->remove();
    return super::cleanup(std::move(reason), unit);
  }

private:
  caf::execution_unit* home_;
  std::unique_ptr<actor_statistics::entry> entry_;
  /// When the previous message of this turn was handled; zero: the next one is
  /// the first.
  time_point handled_until_{};
};

/// Spawns a function-based actor whose home is `home`; null: CAF's scheduler.
template <class Fun, class... Ts>
auto spawn_on(caf::actor_system& system, caf::execution_unit* home, Fun fun,
              Ts&&... xs) {
  caf::actor_config cfg{home};
  return system.spawn_functor(std::true_type{}, cfg, fun,
                              std::forward<Ts>(xs)...);
}

} // namespace bridgekeeper::actors
