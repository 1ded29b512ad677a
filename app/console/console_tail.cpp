#include "app/console/console_tail.hpp"

#include "app/text/utf8_text.hpp"
#include "domain/event.hpp"
#include "protocol/event_json.hpp"

#include <caf/scheduled_actor.hpp>

#include <chrono>
#include <utility>

namespace bridgekeeper::console {

namespace {

/// The delay between the death of a hub and the request for its successor.
constexpr auto follow_again_after = std::chrono::milliseconds{100};

} // namespace

console_tail_state::~console_tail_state() {
  if (followed)
    self->demonitor(followed.address());
}

console_tail_actor::behavior_type console_tail_state::make_behavior() {
  return {
      [this](event_atom, const event_ptr& x) { on_event(x); },
      [this](history_atom, const past_events& past) { on_history(past); },
      [this](core_atom) { follow(); },
  };
}

void console_tail_state::follow() {
  self->request(world->supervisor(), caf::infinite, core_atom_v)
      .then(
          [this](const core_handles& core) {
            // A tail shows only live events.
            if (!seen)
              seen = core.newest_event->load(std::memory_order_relaxed);
            // If the hub dies, the down handler subscribes to its successor.
            followed = core.events;
            self->monitor(followed);
            self->send(followed, follow_atom_v,
                       subscription{event_subscriber{self}, which, *seen});
          },
          [this](const caf::error&) {
            // The supervisor is being restarted, or the daemon is shutting down
            // and will end this tail.
            self->delayed_send(self, follow_again_after, core_atom_v);
          });
}

void console_tail_state::on_history(const past_events& past) {
  // What happened before the hub heard of the tail, or between two hubs.
  for (const auto& x : past.events)
    on_event(x);
  is_over = is_over || past.ended;
  send_lines();
}

void console_tail_state::on_event(const event_ptr& x) {
  if (x->sequence <= *seen)
    return;
  seen = x->sequence;
  is_over = is_over || which.ends_with(*x);
  auto has_stopped =
      busy && self->clock().now() - busy_since > world->stall_timeout;
  waiting.add(x, has_stopped);
  send_lines();
}

void console_tail_state::send_lines() {
  if (busy)
    return;
  if (waiting.empty()) {
    if (is_over)
      self->quit();
    return;
  }
  busy = true;
  busy_since = self->clock().now();
  auto lines = waiting.take([this](const event& x) {
    texts_shown.push_back(protocol::text_of(x));
    return without_controls(texts_shown.back()->text);
  });
  self->request(terminal, caf::infinite, line_atom_v, std::move(lines))
      .then(
          [this](bool) {
            busy = false;
            texts_shown.clear();
            send_lines();
          },
          // The terminal is gone.
          [this](const caf::error&) { self->quit(); });
}

console_tail_actor::behavior_type
console_tail(console_tail_state::self_type* self,
             std::shared_ptr<const console_world> world,
             console_terminal terminal, stream_name which,
             std::optional<std::uint64_t> after) {
  self->join_statistics(world->actor_stats, std::nullopt);
  auto& state = self->state;
  state.world = std::move(world);
  state.terminal = std::move(terminal);
  state.which = std::move(which);
  state.seen = after;
  self->set_default_handler(caf::drop);
  self->set_down_handler([self](const caf::down_msg&) {
    self->delayed_send(self, follow_again_after, core_atom_v);
  });
  state.follow();
  return state.make_behavior();
}

} // namespace bridgekeeper::console
