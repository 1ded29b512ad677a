// What the control API tells about recorded dispatches.

#include "api/control_answers.hpp"
#include "api/control_session.hpp"
#include "api/dispatch_bodies.hpp"
#include "api/dispatch_query.hpp"
#include "api/wait_parameter.hpp"
#include "protocol/error_json.hpp"
#include "protocol/json_writer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace bridgekeeper::api {

namespace {

/// Shorter texts stand for too many dispatches.
constexpr std::size_t min_short_id = 4;
constexpr std::size_t id_length = 36;

/// When the store is asked again whether a dispatch has ended; for one that is
/// awaited, the pauses double, up to eight times this.
constexpr std::chrono::milliseconds look_interval{250};
/// How often that is done for one that was cancelled.
constexpr unsigned max_cancel_looks = 40;

} // namespace

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
  if (!*limit)
    return context->store ? show_stored(std::move(id))
                          : show_remembered(std::move(id));
  await_outcome(id, **limit);
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
        context->store ? show_stored(x.message) : answer_record({}, x);
      },
      [this](const caf::error& error) {
        context->store ? look_for_outcome() : answer_failure(error);
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
          return show_stored(current->awaited);
        auto pause = look_interval * (1U << std::min(current->looks++, 3U));
        wait(std::min(left, pause), &control_session_state::look_for_outcome);
      }));
}

void control_session_state::await_short_id(std::chrono::milliseconds limit) {
  auto id = current->awaited;
  if (!is_short(id))
    return show_remembered(id);
  find_by_short_id(id, [this, id, limit](auto known) {
    known ? await_outcome(*known, limit) : show_remembered(id);
  });
}

void control_session_state::on_outcome_wait_over() {
  show_progress(current->awaited);
}

void control_session_state::show_remembered(message_id id,
                                            std::optional<failure> otherwise) {
  ask_or<dispatch_record>(
      &core_handles::events,
      [this](const dispatch_record& x) { answer_record({}, x); },
      [this, otherwise](const caf::error& error) {
        otherwise ? answer(error_answer(*otherwise)) : answer_failure(error);
      },
      record_atom_v, std::move(id));
}

void control_session_state::show_stored(message_id id) {
  context->store->reader().history(
      id, answered<std::optional<store::dispatch_details>>(
              [this, id](const auto& found) {
                if (!found.value)
                  return show_remembered(id, refusal_of(found.why));
                if (*found.value)
                  return show_details(**found.value);
                if (!is_short(id))
                  return show_remembered(id);
                find_by_short_id(id, [this, id](auto known) {
                  known ? show_stored(*known) : show_remembered(id);
                });
              }));
}

void control_session_state::show_details(const store::dispatch_details& x) {
  auto record = to_record(x);
  auto more = more_members(x);
  net::http_response head;
  if (current->has_waited_in_vain && !is_end(x.row.state))
    mark_unfinished(head, x.row.id);
  if (x.row.state != dispatch_state::queued)
    return answer_record(std::move(head), std::move(record), std::move(more));
  ask_or<std::uint64_t>(
      &core_handles::registry,
      [this, head, record, more](std::uint64_t before) {
        answer_record(
            head, record,
            more + ",\"queue_position\":" + std::to_string(before + 1));
      },
      // It was sent in the meantime.
      [this, head, record, more](const caf::error&) {
        answer_record(head, record, more);
      },
      place_atom_v, x.row.agent, x.row.id);
}

bool control_session_state::is_short(const message_id& id) {
  auto length = id.str().size();
  return length >= min_short_id && length < id_length;
}

void control_session_state::find_by_short_id(
    const message_id& id, std::function<void(std::optional<message_id>)> then) {
  context->store->reader().short_id(
      id.str(), answered<store::short_id_match>(
                    [this, id, then = std::move(then)](const auto& found) {
                      if (found.value && found.value->is_ambiguous)
                        return answer(error_answer(
                            {errc::unknown_dispatch,
                             "Several dispatches have ids that start or end "
                             "with "
                                 + id.str()}));
                      if (!found.value)
                        return show_remembered(id, refusal_of(found.why));
                      then(found.value->id);
                    }));
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
  message_id id{current->match.parameter};
  ask_or<dispatch_record>(
      &core_handles::events,
      [this](const dispatch_record& x) {
        is_finished(x.status) ? answer_too_late(x)
                              : begin_cancellation(x.agent, x.message);
      },
      [this, id](const caf::error& error) {
        context->store ? cancel_stored(id) : cancel_unassigned(id, error);
      },
      record_atom_v, id);
}

void control_session_state::cancel_stored(const message_id& id) {
  context->store->reader().history(
      id, answered<std::optional<store::dispatch_details>>(
              [this](const auto& found) {
                if (!found.value)
                  return answer(error_answer(refusal_of(found.why)));
                if (!*found.value)
                  return answer(error_answer({errc::unknown_dispatch, {}}));
                const auto& row = (*found.value)->row;
                is_end(row.state) ? answer_too_late(to_record(**found.value))
                                  : begin_cancellation(row.agent, row.id);
              }));
}

void control_session_state::cancel_unassigned(const message_id& id,
                                              const caf::error& otherwise) {
  // The event hub does not know a dispatch that no agent has.
  ask_or<std::uint64_t>(
      &core_handles::registry,
      [this, id](std::uint64_t) {
        ask<bool>(
            &core_handles::registry,
            [this, id](bool) {
              dispatch_record x;
              x.message = id;
              x.status = dispatch_status::error;
              x.why = failure{errc::cancelled, {}};
              answer_record({}, x);
            },
            cancel_atom_v, agent_id{}, id);
      },
      [this, otherwise](const caf::error&) { answer_failure(otherwise); },
      place_atom_v, agent_id{}, id);
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
