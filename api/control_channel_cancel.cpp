// Requests on /ws/control to cancel a dispatch.

#include "api/control_channel_questions.hpp"
#include "api/dispatch_lookup.hpp"
#include "protocol/record_json.hpp"

#include <caf/sec.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace bridgekeeper::api {

namespace {

using duration = std::chrono::steady_clock::duration;

constexpr const char* not_ended_yet = "The dispatch is being cancelled, but "
                                      "its end is not on record yet. Request "
                                      "its record later";

} // namespace

void control_channel_state::on_request(const protocol::control_cancel& x) {
  cancel_recorded(
      this, x.message,
      cancel_handlers{
          [this, id = x.id](const agent_id& agent, const message_id& message) {
            begin_cancellation(id, agent, message);
          },
          [this, id = x.id](const dispatch_record& record) {
            refuse(id, &record.message, {errc::already_ended, {}});
          },
          [this, id = x.id](const dispatch_record& record) {
            tell_cancelled(id, record);
          },
          [this, id = x.id, message = x.message](const failure& why) {
            refuse(id, &message, why);
          }});
}

void control_channel_state::begin_cancellation(const std::string& id,
                                               const agent_id& agent,
                                               const message_id& message) {
  ask<bool>(
      &core_handles::registry, id, message,
      [this, id, message](bool) {
        await_end({id, message});
      },
      cancel_atom_v, agent, message);
}

void control_channel_state::await_end(cancelled_dispatch x) {
  auto number = ++asked;
  // Counted from now on, as this may have to wait for its turn.
  auto end_by = context->deadlines.now() + max_cancel_looks * look_interval;
  auto put = [this, number, end_by, x = std::move(x)] {
    auto left = std::max<duration>(end_by - context->deadlines.now(),
                                   std::chrono::milliseconds{1});
    self->request(context->core.events, left, outcome_atom_v, x.message)
        .then(
            [this, number, x](const dispatch_record& record) {
              if (!settle(outcomes, number))
                return;
              tell_cancelled(x.id, record);
              put_next_questions();
            },
            [this, number, x](const caf::error& error) {
              // Without an answer, the hub's successor is asked.
              if (is_unhandled(error) || !settle(outcomes, number))
                return;
              if (error == caf::sec::request_timeout)
                refuse(x.id, &x.message, {errc::unavailable, not_ended_yet});
              // The event hub does not know a dispatch that no agent has.
              else if (context->store)
                look_later(x);
              else
                refuse(x.id, &x.message, to_failure(error));
              put_next_questions();
            });
  };
  add_question(outcomes, {number, std::move(put)});
}

void control_channel_state::tell_cancelled(const std::string& id,
                                           const dispatch_record& x) {
  if (x.why && x.why->code == errc::cancelled)
    return tell(protocol::encode_record(id, protocol::encode(x)));
  // It ended in another way at the same time.
  refuse(id, &x.message, {errc::already_ended, {}});
}

void control_channel_state::look_for_end(const cancelled_dispatch& x) {
  ask_store<std::optional<store::dispatch_details>>(
      [message = x.message](store::reader& reader, auto done) {
        reader.history(message, std::move(done));
      },
      [this, x](const auto& found) {
        if (found.value && *found.value && is_end((*found.value)->row.state))
          return tell_cancelled(x.id, to_record(**found.value));
        if (x.looks < max_cancel_looks)
          return look_later(x);
        refuse(x.id, &x.message, {errc::unavailable, not_ended_yet});
      },
      [this, x](const failure& why) { refuse(x.id, &x.message, why); });
}

void control_channel_state::look_later(cancelled_dispatch x) {
  ++x.looks;
  cancelled.push_back(std::move(x));
  if (!next_look->armed())
    next_look->arm(look_interval);
}

void control_channel_state::on_due() {
  for (const auto& x : std::exchange(cancelled, {}))
    look_for_end(x);
}

} // namespace bridgekeeper::api
