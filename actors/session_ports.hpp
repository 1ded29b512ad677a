#pragma once

#include "actors/thread_context.hpp"
#include "actors/type_ids.hpp"
#include "net/http_session.hpp"
#include "net/websocket_session.hpp"

#include <caf/actor_control_block.hpp>

#include <functional>

namespace bridgekeeper::actors {

// Adapters that connect actors to their sessions, to their deadlines and to the
// notifications of their thread. Each turns a call on the actor's home thread
// into a message that is handled at once. All of them keep the actor alive
// during the call. The ports of sessions do so for as long as they belong to
// the session.

/// Passes the calls of a WebSocket session to the actor that owns it.
template <class Actor>
class websocket_port : public net::websocket_owner {
public:
  explicit websocket_port(Actor* actor) : keep_(actor->ctrl()), actor_(actor) {}

  void on_frame(std::string_view payload, bool binary) override {
    actor_->handle_now(frame_atom_v, frame_view{payload, binary});
  }

  void on_end(const net::session_end& end) override {
    actor_->handle_now(ended_atom_v, end);
  }

private:
  caf::strong_actor_ptr keep_;
  Actor* actor_;
};

/// Returns a callback that sends the actor a message consisting of this atom.
template <class Actor, class Atom>
std::function<void()> telling(Actor* actor, Atom word) {
  return [actor, word] {
    caf::strong_actor_ptr keep{actor->ctrl()};
    actor->handle_now(word);
  };
}

/// Passes the notifications of an I/O thread to an actor that lives there.
template <class Actor>
class thread_subscriber_port : public thread_subscriber {
public:
  explicit thread_subscriber_port(Actor* actor) : actor_(actor) {}

  void on_core_replaced() override {
    caf::strong_actor_ptr keep{actor_->ctrl()};
    actor_->handle_now(core_atom_v);
  }

  void on_tokens_changed() override {
    caf::strong_actor_ptr keep{actor_->ctrl()};
    actor_->handle_now(tokens_atom_v);
  }

  void count_in(thread_census& x) const override {
    actor_->state.count_in(x);
  }

  /// Sent as a message, so that the actor first handles the responses that are
  /// already in its mailbox.
  void on_leave(errc why) override {
    actor_->send(actor_, leave_atom_v, why);
  }

private:
  Actor* actor_;
};

/// The same for an agent, which also gets the heartbeat monitor's ticks.
template <class Actor>
class agent_port final : public thread_subscriber_port<Actor> {
public:
  explicit agent_port(Actor* actor)
    : thread_subscriber_port<Actor>(actor), actor_(actor) {}

  // Checks staleness without a message, so that ticks do not wake idle agents.
  void on_tick() override {
    if (!actor_->state.is_stale())
      return;
    caf::strong_actor_ptr keep{actor_->ctrl()};
    actor_->handle_now(tick_atom_v);
  }

  void on_draining() override {
    if (actor_->state.leaves_at_once())
      this->on_leave(errc::draining);
  }

private:
  Actor* actor_;
};

} // namespace bridgekeeper::actors
