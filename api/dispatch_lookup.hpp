#pragma once

#include "actors/failure_errors.hpp"
#include "api/dispatch_bodies.hpp"
#include "api/store_question.hpp"
#include "api/thread_context.hpp"
#include "domain/dispatch_record.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace bridgekeeper::api {

// Finds and cancels dispatches for HTTP requests and for requests on
// /ws/control, so that both get the same answers. An `Asker` is the state of
// the actor that has the request. It puts the questions, with these members,
// and all handlers are called on its thread:
//
// * `context`
// * `ask_or<Reply>(whom, on_reply, on_error, words…)` asks a core actor and, if
//   that dies first, its successor.
// * `ask_once<Reply>(whom, on_reply, on_error, words…)` calls `on_error` in
//   that case. For messages that a core actor delegates.
// * `ask_store<T>(query, then, otherwise)` calls `query(reader, callback)`, and
//   later `then(answer)`. If that throws, the request is refused; an asker with
//   several requests calls `otherwise(failure)`. Only with a store.

/// When the store is asked again whether a dispatch has ended; for one that is
/// awaited, the pauses double, up to eight times this.
inline constexpr std::chrono::milliseconds look_interval{250};
/// How often that is done for one that was cancelled.
inline constexpr unsigned max_cancel_looks = 40;

/// What is known about a dispatch.
struct known_dispatch {
  dispatch_record record;
  /// The members that its record has besides; as in `protocol::encode`.
  std::string more = {};
};

/// Whether this may be a part of an id.
[[nodiscard]] bool is_short_id(const message_id& id);

/// What is known of a dispatch that no agent has, in a daemon without a store.
[[nodiscard]] known_dispatch waiting_dispatch_of(const message_id& id,
                                                 std::uint64_t before);

/// The same once it is cancelled.
[[nodiscard]] dispatch_record cancelled_record(const message_id& id);

/// The member `queue_position`.
[[nodiscard]] std::string place_member(std::uint64_t before);

/// The failure if several dispatches have this short id.
[[nodiscard]] failure ambiguous_id(const message_id& id);

/// Calls `then(message_id)` with the only id that starts or ends with `id`,
/// `if_none()`, or `otherwise(failure)`. Only with a store.
template <class Asker, class Then, class IfNone, class Otherwise>
void find_by_short_id(Asker* asker, const message_id& id, Then then,
                      IfNone if_none, Otherwise otherwise) {
  if (!is_short_id(id))
    return if_none();
  asker->template ask_store<store::short_id_match>(
      [id](store::reader& x, auto done) {
        x.short_id(id.str(), std::move(done));
      },
      [id, then, if_none, otherwise](const auto& found) {
        if (!found.value)
          return otherwise(refusal_of(found.why));
        if (found.value->is_ambiguous)
          return otherwise(ambiguous_id(id));
        found.value->id ? then(*found.value->id) : if_none();
      },
      otherwise);
}

/// Calls `then(known_dispatch)` with what is in memory, or
/// `otherwise(failure)`. The event hub remembers the newest dispatches; without
/// a store, only the registry knows those that no agent has.
template <class Asker, class Then, class Otherwise>
void find_remembered(Asker* asker, const message_id& id, Then then,
                     Otherwise otherwise) {
  asker->template ask_or<dispatch_record>(
      &core_handles::events,
      [then](const dispatch_record& x) { then(known_dispatch{x}); },
      [asker, id, then, otherwise](const caf::error& error) {
        auto why = to_failure(error);
        if (asker->context->store)
          return otherwise(why);
        asker->template ask_or<std::uint64_t>(
            &core_handles::registry,
            [id, then](std::uint64_t before) {
              then(waiting_dispatch_of(id, before));
            },
            [why, otherwise](const caf::error&) { otherwise(why); },
            place_atom_v, agent_id{}, id);
      },
      record_atom_v, id);
}

/// Calls `then(known_dispatch)` with what the store has, and with the place of
/// a dispatch that waits.
template <class Asker, class Then>
void show_stored_dispatch(Asker* asker, const store::dispatch_details& x,
                          Then then) {
  known_dispatch known{to_record(x), more_members(x)};
  if (x.row.state != dispatch_state::queued)
    return then(std::move(known));
  asker->template ask_once<std::uint64_t>(
      &core_handles::registry,
      [then, known](std::uint64_t before) {
        then(known_dispatch{known.record, known.more + place_member(before)});
      },
      // It was sent in the meantime.
      [then, known](const caf::error&) { then(known); }, place_atom_v,
      x.row.agent, x.row.id);
}

/// Calls `then(known_dispatch)` with everything that is on record about the
/// dispatch, or `otherwise(failure)`. With a store, the id may be a short one.
template <class Asker, class Then, class Otherwise>
void find_recorded(Asker* asker, const message_id& id, Then then,
                   Otherwise otherwise) {
  if (!asker->context->store)
    return find_remembered(asker, id, then, otherwise);
  asker->template ask_store<std::optional<store::dispatch_details>>(
      [id](store::reader& x, auto done) { x.history(id, std::move(done)); },
      [asker, id, then, otherwise](const auto& found) {
        if (!found.value)
          // The memory may know it even if the store cannot be read.
          return find_remembered(asker, id, then,
                                 [otherwise, why = refusal_of(found.why)](
                                     const failure&) { otherwise(why); });
        if (*found.value)
          return show_stored_dispatch(asker, **found.value, then);
        find_by_short_id(
            asker, id,
            [asker, then, otherwise](const message_id& whole) {
              find_recorded(asker, whole, then, otherwise);
            },
            [asker, id, then, otherwise] {
              find_remembered(asker, id, then, otherwise);
            },
            otherwise);
      },
      otherwise);
}

/// What a request to cancel a dispatch leads to. Exactly one of the members is
/// called.
template <class Begin, class TooLate, class Cancelled, class Otherwise>
struct cancel_handlers {
  /// `(agent, message)`: the dispatch has not ended; the registry must end it.
  Begin begin;
  /// `(record)`: it had already ended.
  TooLate too_late;
  /// `(record)`: it was cancelled.
  Cancelled cancelled;
  /// `(failure)`: it is unknown, or could not be looked up.
  Otherwise otherwise;
};

// Clang before version 17 does not deduce the arguments of an aggregate.
template <class Begin, class TooLate, class Cancelled, class Otherwise>
cancel_handlers(Begin, TooLate, Cancelled, Otherwise)
    -> cancel_handlers<Begin, TooLate, Cancelled, Otherwise>;

/// For a dispatch that the event hub does not know, in a daemon without a
/// store: no agent has it, or it is unknown.
template <class Asker, class Handlers>
void cancel_unassigned(Asker* asker, const message_id& id, const failure& why,
                       Handlers then) {
  auto otherwise = [why, then](const caf::error&) { then.otherwise(why); };
  asker->template ask_or<std::uint64_t>(
      &core_handles::registry,
      [asker, id, then, otherwise](std::uint64_t) {
        asker->template ask_or<bool>(
            &core_handles::registry,
            [id, then](bool) { then.cancelled(cancelled_record(id)); },
            otherwise, cancel_atom_v, agent_id{}, id);
      },
      otherwise, place_atom_v, agent_id{}, id);
}

/// For a dispatch that the event hub does not know.
template <class Asker, class Handlers>
void cancel_stored(Asker* asker, const message_id& id, Handlers then) {
  asker->template ask_store<std::optional<store::dispatch_details>>(
      [id](store::reader& x, auto done) { x.history(id, std::move(done)); },
      [asker, id, then](const auto& found) {
        if (!found.value)
          return then.otherwise(refusal_of(found.why));
        if (!*found.value)
          return find_by_short_id(
              asker, id,
              [asker, then](const message_id& whole) {
                cancel_recorded(asker, whole, then);
              },
              [then] {
                then.otherwise(failure{errc::unknown_dispatch, {}});
              },
              then.otherwise);
        const auto& row = (*found.value)->row;
        is_end(row.state) ? then.too_late(to_record(**found.value))
                          : then.begin(row.agent, row.id);
      },
      then.otherwise);
}

/// Begins to cancel a dispatch: finds out which agent has it and whether it has
/// already ended. With a store, the id may be a short one.
template <class Asker, class Begin, class TooLate, class Cancelled,
          class Otherwise>
void cancel_recorded(
    Asker* asker, const message_id& id,
    cancel_handlers<Begin, TooLate, Cancelled, Otherwise> then) {
  asker->template ask_or<dispatch_record>(
      &core_handles::events,
      [then](const dispatch_record& x) {
        is_finished(x.status) ? then.too_late(x)
                              : then.begin(x.agent, x.message);
      },
      [asker, id, then](const caf::error& error) {
        asker->context->store
            ? cancel_stored(asker, id, then)
            : cancel_unassigned(asker, id, to_failure(error), then);
      },
      record_atom_v, id);
}

} // namespace bridgekeeper::api
