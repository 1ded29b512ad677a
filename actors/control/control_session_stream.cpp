#include "actors/control/control_answers.hpp"
#include "actors/control/control_session.hpp"

#include <tuple>
#include <utility>

namespace bridgekeeper::actors {

void control_session_state::follow_events(agent_id id,
                                          const net::http_request& request) {
  std::string last_event{request.header("last-event-id")};
  auto head_only = request.method() == "HEAD";
  ask<agent_view>(
      &core_handles::registry,
      [this, id, last_event, head_only](const agent_view&) {
        if (head_only)
          return answer(event_stream_answer());
        stream.emplace(event_stream{
            "agent_event", {stream_name{id}, context->control.stream_backlog}});
        begin_stream(last_event);
      },
      find_atom_v, id);
}

void control_session_state::follow_session(session_id id,
                                           const net::http_request& request) {
  std::string last_event{request.header("last-event-id")};
  auto head_only = request.method() == "HEAD";
  ask<past_events>(
      &core_handles::events,
      [this, id, last_event, head_only](const past_events&) {
        if (head_only)
          return answer(event_stream_answer());
        stream.emplace(
            event_stream{"session_event",
                         {stream_name{id}, context->control.stream_backlog}});
        begin_stream(last_event);
      },
      past_atom_v, stream_name{id});
}

void control_session_state::begin_stream(const std::string& last_event) {
  if (!last_event.empty()) {
    auto place = event_place::parse(last_event);
    if (place.epoch == context->control.event_epoch)
      stream->feed.resume_after(place.sequence);
    else
      // Of an earlier daemon: what this one remembers is all there is.
      stream->feed.note_gap();
  }
  auto head = event_stream_answer();
  context->control.cors.decorate(head, page);
  session->begin_stream(std::move(head));
  deadline->arm(context->control.stream_keep_alive);
  follow();
  // They may have changed since the request came.
  on_tokens_changed();
}

void control_session_state::follow() {
  auto& feed = stream->feed;
  if (!feed.needs_history())
    return;
  feed.history_is_coming();
  self->send(context->core.events, follow_atom_v,
             subscription{control_session_actor{self}, feed.which(),
                          feed.written(), true});
}

void control_session_state::on_history(past_events past) {
  if (!stream)
    return;
  stream->feed.on_history(std::move(past));
  flush_stream();
}

void control_session_state::on_event(const protocol::event_ptr& x) {
  if (!stream)
    return;
  stream->feed.on_event(x);
  flush_stream();
}

void control_session_state::flush_stream() {
  if (!stream)
    return;
  stream->feed.flush(
      [this](const protocol::event& x) {
        return session->write_stream(
            event_stream_text(stream->name, context->control.event_epoch, x));
      },
      [this] { return session->write_stream(event_gap_text()); });
  follow();
}

void control_session_state::keep_stream_alive() {
  // A reader that is behind has bytes to read anyway.
  std::ignore = session->write_stream(": keep-alive\n\n");
  deadline->arm(context->control.stream_keep_alive);
}

} // namespace bridgekeeper::actors
