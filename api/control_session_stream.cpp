#include "actors/failure_errors.hpp"
#include "api/control_answers.hpp"
#include "api/control_session.hpp"
#include "api/event_stream_text.hpp"
#include "api/query.hpp"
#include "domain/limits.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

namespace bridgekeeper::api {

namespace {

/// How often the store is asked whether a dispatch that has no agent has ended.
constexpr std::chrono::milliseconds unassigned_interval{1'000};

} // namespace

control_session_state::stream_start
control_session_state::start_of(const net::http_request& request) {
  stream_start out;
  out.head_only = request.method() == "HEAD";
  out.last_event = request.header("last-event-id");
  // The header is newer: a browser that reconnects repeats the original URL.
  if (out.last_event.empty())
    out.last_event =
        query_value(request.target(), "last_event_id").value_or("");
  auto history = query_value(request.target(), "history");
  out.live_only =
      out.last_event.empty() && (history == "0" || history == "false");
  return out;
}

void control_session_state::follow_events(agent_id id,
                                          const net::http_request& request) {
  open_stream<agent_view>("agent_event", stream_name{id}, start_of(request),
                          &core_handles::registry, find_atom_v, id);
}

void control_session_state::follow_session(const net::http_request& request) {
  session_id id{current->match.parameter};
  if (id.str().size() > max_label_length)
    return answer(error_answer({errc::unknown_session, {}}));
  open_stream<past_events>("session_event", stream_name{id}, start_of(request),
                           &core_handles::events, past_atom_v, stream_name{id});
}

template <class Reply, class Whom, class... Ts>
void control_session_state::open_stream(std::string_view event_name,
                                        stream_name which, stream_start start,
                                        Whom core_handles::*whom, Ts... words) {
  auto begin = [this, event_name, which, start](bool is_known) {
    start_stream(event_name, which, start, is_known);
  };
  ask_or<Reply>(
      whom, [begin](const Reply&) { begin(true); },
      [this, begin, start](const caf::error& error) {
        auto why = to_failure(error).code;
        if (!start.last_event.empty()
            && (why == errc::unknown_agent || why == errc::unknown_session))
          begin(false);
        else
          answer_failure(error);
      },
      words...);
}

void control_session_state::start_stream(std::string_view event_name,
                                         stream_name which,
                                         const stream_start& start,
                                         bool is_known) {
  if (start.head_only)
    return answer(event_stream_answer());
  stream.emplace(event_stream{
      event_name,
      {std::move(which), context->control.stream_backlog, context->output}});
  begin_stream(start, is_known);
}

void control_session_state::begin_stream(const stream_start& start,
                                         bool is_known) {
  auto& feed = stream->feed;
  if (!start.last_event.empty()) {
    auto place = event_place::parse(start.last_event);
    if (place.epoch == context->control.event_epoch)
      feed.resume_after(place.sequence);
    else
      // The event is from an earlier daemon, whose events are gone.
      feed.note_gap();
  }
  if (!is_known)
    feed.note_gap();
  if (start.live_only)
    // Events from here on, even if the hub dies before it hears of this stream.
    feed.resume_after(
        context->core.newest_event->load(std::memory_order_relaxed));
  auto head = event_stream_answer();
  head.is_last = is_of_dispatch();
  context->control.cors.decorate(head, current->page);
  session->begin_stream(std::move(head));
  std::ignore = session->write_stream(event_retry_text());
  wait(keep_alive_interval(), &control_session_state::keep_stream_alive);
  follow();
  // Tokens may have changed since the request was authorized.
  on_tokens_changed();
}

void control_session_state::follow() {
  auto& feed = stream->feed;
  if (!feed.needs_history())
    return;
  feed.history_is_coming();
  if (is_stored() && !std::exchange(stream->is_caught_up, false))
    read_events();
  else
    subscribe_to_events();
}

void control_session_state::subscribe_to_events() {
  auto& feed = stream->feed;
  self->send(context->core.events, follow_atom_v,
             subscription{control_session_actor{self}, feed.which(),
                          feed.position(), event_feed::history_page});
}

void control_session_state::on_history(past_events past) {
  if (!stream || stream->is_reading)
    return;
  is_stored() ? join_live_events(std::move(past))
              : stream->feed.on_history(std::move(past));
  flush_stream();
}

void control_session_state::on_event(const event_ptr& x) {
  if (!stream)
    return;
  stream->feed.on_event(x);
  flush_stream();
}

void control_session_state::flush_stream() {
  if (!stream || stream->is_over)
    return;
  stream->feed.flush(
      [this](const event& x) {
        auto is_written = session->write_stream(
            event_stream_text(stream->name, context->control.event_epoch,
                              x.sequence, context->texts.of(x)));
        if (is_written)
          stream->may_lack_agent = false;
        return is_written;
      },
      [this] {
        auto is_written = session->write_stream(event_gap_text());
        if (is_written)
          ++context->metrics.stream_gaps;
        return is_written;
      });
  session->note_backlog(stream->feed.waiting_bytes());
  if (stream->feed.is_finished())
    return may_be_unassigned() ? finish_without_event() : finish_stream();
  follow();
}

void control_session_state::finish_stream() {
  stream->is_over = true;
  deadline->disarm();
  session->end_stream();
}

std::chrono::milliseconds control_session_state::keep_alive_interval() const {
  auto usual = context->control.stream_keep_alive;
  return may_be_unassigned() ? std::min(usual, unassigned_interval) : usual;
}

void control_session_state::keep_stream_alive() {
  // If this fails, the reader is behind and has bytes to read anyway.
  std::ignore = session->write_stream(": keep-alive\n\n");
  wait(keep_alive_interval(), &control_session_state::keep_stream_alive);
  // The store may not have answered before.
  flush_stream();
  if (may_be_unassigned())
    look_for_end();
}

} // namespace bridgekeeper::api
