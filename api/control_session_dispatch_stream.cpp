// The stream of a dispatch, which ends with it. With a store, the past comes
// from there, page by page, and the event hub only adds what follows the last
// page: the hub forgets, but it knows the moment from which its events are
// live.

#include "api/control_session.hpp"
#include "api/dispatch_bodies.hpp"
#include "api/dispatch_lookup.hpp"
#include "api/event_stream_text.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace bridgekeeper::api {

namespace {

constexpr std::string_view event_name = "dispatch_event";

/// No event has this number.
constexpr auto after_all = std::numeric_limits<std::uint64_t>::max();

} // namespace

void control_session_state::follow_dispatch(const net::http_request& request) {
  message_id id{current->match.parameter};
  auto start = start_of(request);
  context->store ? follow_stored(id, start) : follow_remembered(id, start);
}

void control_session_state::follow_stored(const message_id& id,
                                          const stream_start& start) {
  // Only asks whether the dispatch exists.
  context->store->reader().events(
      id, after_all, 0,
      answered<std::optional<past_events>>(
          [this, id, start](const auto& found) {
            if (found.value && *found.value)
              return start_stream(event_name, stream_name{id}, start, true);
            if (!found.value)
              return follow_remembered(id, start);
            find_by_short_id(
                this, id,
                [this, start](const message_id& known) {
                  follow_stored(known, start);
                },
                [this, id, start] { follow_remembered(id, start); },
                [this](const failure& why) { answer(error_answer(why)); });
          }));
}

void control_session_state::follow_remembered(const message_id& id,
                                              const stream_start& start) {
  ask<dispatch_record>(
      &core_handles::events,
      [this, start](const dispatch_record& x) {
        start_stream(event_name, stream_name{x.message}, start, true);
      },
      record_atom_v, id);
}

bool control_session_state::is_of_dispatch() const noexcept {
  return stream->feed.which().kind == stream_name::kind_type::dispatch;
}

bool control_session_state::is_stored() const noexcept {
  return context->store && is_of_dispatch();
}

bool control_session_state::may_be_unassigned() const noexcept {
  return is_stored() && stream->may_lack_agent;
}

void control_session_state::look_for_end() {
  const auto& feed = stream->feed;
  if (stream->is_reading || feed.needs_history() || feed.is_finished())
    return;
  context->store->reader().find(
      message_id{stream->feed.which().id},
      answered<std::optional<store::dispatch_row>>([this](const auto& found) {
        if (!may_be_unassigned() || !found.value)
          return;
        if (const auto& row = *found.value) {
          stream->may_lack_agent = row->agent.empty();
          if (!row->agent.empty() || !is_end(row->state))
            return;
        }
        // Once more from the store, which also knows if it was removed.
        stream->is_caught_up = false;
        stream->feed.on_no_history();
        follow();
      }));
}

void control_session_state::finish_without_event() {
  if (std::exchange(stream->is_reading, true))
    return;
  context->store->reader().find(
      message_id{stream->feed.which().id},
      answered<std::optional<store::dispatch_row>>([this](const auto& found) {
        stream->is_reading = false;
        // The store is asked again with the next comment.
        if (!found.value)
          return;
        // A reader that had all events before is given none either.
        const auto& row = *found.value;
        row && row->agent.empty() ? tell_outcome() : finish_stream();
      }));
}

void control_session_state::tell_outcome() {
  stream->is_reading = true;
  context->store->reader().history(
      message_id{stream->feed.which().id},
      answered<std::optional<store::dispatch_details>>(
          [this](const auto& found) {
            stream->is_reading = false;
            if (!found.value)
              return;
            const auto& known = *found.value;
            // Without room, it is told when there is some.
            if (!known
                || session->write_stream(
                    placeless_event_text(stream->name, outcome_event(*known))))
              finish_stream();
          }));
}

void control_session_state::read_events() {
  auto& feed = stream->feed;
  stream->is_reading = true;
  context->store->reader().events(
      message_id{feed.which().id}, feed.position(), event_feed::history_page,
      answered<std::optional<past_events>>(
          [this](auto& found) { on_stored_events(found); }));
}

void control_session_state::on_stored_events(
    store::answer<std::optional<past_events>>& found) {
  stream->is_reading = false;
  auto& feed = stream->feed;
  // It is read again with the next comment that keeps the stream alive.
  if (!found.value)
    return feed.on_no_history();
  past_events past;
  if (*found.value) {
    past = std::move(**found.value);
  } else {
    // The dispatch was removed meanwhile.
    past.ended = past.gap = true;
    past.up_to = feed.position();
  }
  // A position beyond all events is invalid, and the feed starts again.
  if (!past.more && !past.ended && feed.written() <= past.up_to) {
    stream->is_caught_up = true;
    past.more = true;
  }
  feed.on_history(std::move(past));
  flush_stream();
}

void control_session_state::join_live_events(past_events since) {
  auto& feed = stream->feed;
  // The hub has forgotten events that the store has.
  if (since.gap)
    return feed.on_no_history();
  // The store may be ahead of the hub, which gets its events later.
  since.up_to = std::max(since.up_to, feed.position());
  // After a restart, the hub may not know a dispatch that goes on.
  since.ended = std::any_of(
      since.events.begin(), since.events.end(),
      [&feed](const auto& x) { return feed.which().ends_with(*x); });
  feed.on_history(std::move(since));
}

} // namespace bridgekeeper::api
