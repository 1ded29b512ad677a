#pragma once

#include "actors/thread_context.hpp"
#include "actors/type_ids.hpp"
#include "net/http_session.hpp"
#include "net/websocket_session.hpp"

#include <caf/actor_control_block.hpp>

#include <functional>

namespace bridgekeeper::actors {

// What joins sessions, deadlines and thread-wide news to the actor they belong
// to: each turns a call on the actor's home thread into a message handled at
// once. They keep the actor alive during the call, and the sessions' ports for
// as long as the session works for it.

/// The owner of a WebSocket session is an actor.
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

/// A callback that tells the actor one word.
template <class Actor, class Atom>
std::function<void()> telling(Actor* actor, Atom word) {
  return [actor, word] {
    caf::strong_actor_ptr keep{actor->ctrl()};
    actor->handle_now(word);
  };
}

/// Tells the actor what concerns all who live on its thread.
template <class Actor>
class resident_port : public resident {
public:
  explicit resident_port(Actor* actor) : actor_(actor) {}

  void on_core_replaced() override {
    caf::strong_actor_ptr keep{actor_->ctrl()};
    actor_->handle_now(core_atom_v);
  }

  void on_tokens_changed() override {
    caf::strong_actor_ptr keep{actor_->ctrl()};
    actor_->handle_now(tokens_atom_v);
  }

  /// By message, so that the actor leaves behind the answers it has been sent.
  void on_leave(errc why) override {
    actor_->send(actor_, leave_atom_v, why);
  }

private:
  Actor* actor_;
};

/// The same for an agent, which also hears the heartbeat monitor.
template <class Actor>
class agent_port final : public resident_port<Actor> {
public:
  explicit agent_port(Actor* actor)
    : resident_port<Actor>(actor), actor_(actor) {}

  // Idle agents are not woken on every tick.
  void on_tick() override {
    if (!actor_->state.is_stale())
      return;
    caf::strong_actor_ptr keep{actor_->ctrl()};
    actor_->handle_now(tick_atom_v);
  }

private:
  Actor* actor_;
};

} // namespace bridgekeeper::actors
