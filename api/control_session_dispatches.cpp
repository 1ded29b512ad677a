// What the control API tells about recorded dispatches.

#include "api/control_answers.hpp"
#include "api/control_session.hpp"
#include "api/dispatch_bodies.hpp"
#include "api/dispatch_lookup.hpp"
#include "api/dispatch_query.hpp"
#include "api/wait_parameter.hpp"
#include "protocol/error_json.hpp"
#include "protocol/json_writer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace bridgekeeper::api {

void control_session_state::list_dispatches(const net::http_request& request) {
  std::vector<protocol::violation> wrong;
  auto filter = parse_dispatch_query(request.target(), wrong);
  if (!wrong.empty())
    return answer(violations_answer(wrong));
  if (!context->store)
    return answer(error_answer(no_store("dispatches cannot be listed")));
  context->store->reader().list(
      std::move(filter),
      answered<store::dispatch_page>([this](const auto& found) {
        answer(found.value ? json_answer(to_json(*found.value))
                           : error_answer(refusal_of(found.why)));
      }));
}

void control_session_state::show_dispatch(const net::http_request& request) {
  message_id id{current->match.parameter};
  auto limit = find_wait(request.target());
  if (!limit)
    return answer(violations_answer(std::array{limit.error()}));
  *limit ? await_outcome(id, **limit) : show_dispatch(id);
}

void control_session_state::await_outcome(const message_id& id,
                                          std::chrono::milliseconds limit) {
  current->awaited = id;
  current->wait_until = context->deadlines.now() + limit;
  current->looks = 0;
  wait(limit, &control_session_state::on_outcome_wait_over);
  ask_or<dispatch_record>(
      &core_handles::events,
      [this](const dispatch_record& x) {
        context->store ? show_dispatch(x.message) : answer_record({}, x);
      },
      [this, id](const caf::error&) {
        // The event hub does not know a dispatch that no agent has.
        context->store ? look_for_outcome() : show_dispatch(id);
      },
      outcome_atom_v, id);
}

void control_session_state::look_for_outcome() {
  auto left = std::chrono::ceil<std::chrono::milliseconds>(
      current->wait_until - context->deadlines.now());
  if (left.count() <= 0)
    return on_outcome_wait_over();
  wait(left, &control_session_state::on_outcome_wait_over);
  context->store->reader().find(
      current->awaited,
      answered<std::optional<store::dispatch_row>>([this,
                                                    left](const auto& found) {
        if (found.value && !*found.value)
          return await_short_id(left);
        if (found.value && is_end((**found.value).state))
          return show_dispatch(current->awaited);
        auto pause = look_interval * (1U << std::min(current->looks++, 3U));
        wait(std::min(left, pause), &control_session_state::look_for_outcome);
      }));
}

void control_session_state::await_short_id(std::chrono::milliseconds limit) {
  find_by_short_id(
      this, current->awaited,
      [this, limit](const message_id& known) { await_outcome(known, limit); },
      [this] { show_dispatch(current->awaited); },
      [this](const failure& why) { answer(error_answer(why)); });
}

void control_session_state::on_outcome_wait_over() {
  show_progress(current->awaited);
}

void control_session_state::show_dispatch(const message_id& id) {
  find_recorded(
      this, id,
      [this](const known_dispatch& x) {
        net::http_response head;
        if (current->has_waited_in_vain && !is_finished(x.record.status))
          mark_unfinished(head, x.record.message);
        answer_record(std::move(head), x.record, x.more);
      },
      [this](const failure& why) { answer(error_answer(why)); });
}

// -- the store as a whole -----------------------------------------------------

void control_session_state::back_up_store(const net::http_request& x) {
  auto file = protocol::decode_backup_body(x.body());
  if (!file)
    return answer(body_refusal(x, file.error()));
  if (!context->store)
    return answer(error_answer(no_store("there is nothing to back up")));
  context->store->writer().back_up(*file, done());
}

void control_session_state::vacuum_store(const net::http_request&) {
  if (!context->store)
    return answer(error_answer(no_store("there is nothing to vacuum")));
  context->store->writer().vacuum(done());
}

store::writer::done_function control_session_state::done() {
  auto tell = answered<std::optional<failure>>([this](const auto& problem) {
    if (*problem.value)
      return answer(error_answer(**problem.value));
    answer(
        json_answer(protocol::json_writer{}.string("status", "done").finish()));
  });
  return [tell](const std::optional<failure>& problem) { tell({problem, {}}); };
}

// -- cancelling ---------------------------------------------------------------

void control_session_state::cancel_dispatch(const net::http_request&) {
  cancel_recorded(
      this, message_id{current->match.parameter},
      cancel_handlers{
          [this](const agent_id& agent, const message_id& id) {
            begin_cancellation(agent, id);
          },
          [this](const dispatch_record& x) { answer_too_late(x); },
          [this](const dispatch_record& x) { answer_record({}, x); },
          [this](const failure& why) { answer(error_answer(why)); }});
}

void control_session_state::begin_cancellation(const agent_id& agent,
                                               const message_id& id) {
  current->awaited = id;
  current->looks = 0;
  ask<bool>(
      &core_handles::registry,
      [this, id](bool) {
        wait(look_interval, &control_session_state::on_cancel_wait_over);
        ask_or<dispatch_record>(
            &core_handles::events,
            [this](const dispatch_record& x) { answer_cancelled(x); },
            // Then the store tells, see `on_cancel_wait_over`.
            [](const caf::error&) {}, outcome_atom_v, id);
      },
      cancel_atom_v, agent, id);
}

void control_session_state::on_cancel_wait_over() {
  if (++current->looks > max_cancel_looks)
    return show_progress(current->awaited);
  auto look_again = [this] {
    wait(look_interval, &control_session_state::on_cancel_wait_over);
  };
  if (!context->store)
    return look_again();
  context->store->reader().history(
      current->awaited,
      answered<std::optional<store::dispatch_details>>([this, look_again](
                                                           const auto& found) {
        if (found.value && *found.value && is_end((*found.value)->row.state))
          return answer_cancelled(to_record(**found.value));
        look_again();
      }));
}

void control_session_state::answer_cancelled(const dispatch_record& x) {
  if (x.why && x.why->code == errc::cancelled)
    return answer_record({}, x);
  // It ended in another way at the same time.
  answer_too_late(x);
}

void control_session_state::answer_too_late(const dispatch_record& x) {
  net::http_response refusal;
  refusal.status = describe(errc::already_ended).http_status;
  refusal.why = cause{errc::already_ended, {}};
  auto more = protocol::error_json({errc::already_ended, {}});
  // The members follow those of the record.
  more.front() = ',';
  more.pop_back();
  answer_record(std::move(refusal), x, more);
}

} // namespace bridgekeeper::api
