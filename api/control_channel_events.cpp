#include "api/control_channel.hpp"

#include <algorithm>
#include <utility>

namespace bridgekeeper::api {

namespace {

constexpr std::size_t max_subscriptions = 1000;

} // namespace

void control_channel_state::on_request(protocol::control_subscribe x) {
  auto which = x.agent ? stream_name{*x.agent} : stream_name{};
  if (auto pos = streams.find(which); pos != streams.end())
    return refuse(
        x.id, nullptr,
        {errc::already_subscribed,
         "This connection already has that subscription, under the id "
             + pos->second.id});
  if (streams.size() >= max_subscriptions)
    return refuse(x.id, nullptr,
                  {errc::overflow, "One connection may hold "
                                       + std::to_string(max_subscriptions)
                                       + " subscriptions"});
  auto pos = streams.try_emplace(which, x.id, which).first;
  // The client is promised all events from here on, even if the hub dies before
  // it hears of the subscription.
  auto& feed = pos->second.feed;
  feed.resume_after(
      context->core.newest_event->load(std::memory_order_relaxed));
  follow(feed);
  tell(protocol::encode_subscribed(x.id));
}

void control_channel_state::follow(event_feed& feed) {
  feed.history_is_coming();
  self->send(context->core.events, follow_atom_v,
             subscription{control_channel_actor{self}, feed.which(),
                          feed.written(),
                          context->control.session.queue_bytes});
}

void control_channel_state::on_history(past_events past) {
  auto pos = streams.find(past.which);
  if (pos == streams.end())
    return;
  pos->second.feed.on_history(std::move(past));
  write_events(pos->second);
}

void control_channel_state::on_event(const event_ptr& x) {
  for (const auto& which : {stream_name{}, stream_name{x->agent}})
    if (auto pos = streams.find(which); pos != streams.end()) {
      pos->second.feed.on_event(x);
      write_events(pos->second);
    }
}

void control_channel_state::write_events() {
  for (auto& [which, stream] : streams)
    write_events(stream);
}

void control_channel_state::write_events(subscribed_stream& stream) {
  auto& feed = stream.feed;
  feed.flush(
      [&](const event& x) {
        if (session->is_full())
          return false;
        // Skip the text if the client has disconnected.
        if (session->is_open())
          tell({protocol::encode_event_head(stream.id, x.sequence),
                context->texts.of(x), "}"});
        return true;
      },
      [&] {
        if (session->is_full())
          return false;
        tell(protocol::encode_gap(stream.id));
        ++context->metrics.stream_gaps;
        return true;
      });
  if (feed.needs_history() && !session->is_full())
    follow(feed);
}

void control_channel_state::on_core_replaced() {
  for (auto& [which, stream] : streams) {
    stream.feed.on_new_hub();
    follow(stream.feed);
  }
  for (const auto* queue : {&questions, &outcomes})
    if (queue->is_asking)
      queue->waiting.front().put();
}

} // namespace bridgekeeper::api
