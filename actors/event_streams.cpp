#include "actors/event_streams.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bridgekeeper::actors {

void event_streams::add(protocol::event_ptr x) {
  const auto& event = *x;
  auto added =
      order_.insert(order_.end(), entry{std::move(x), footprint(event), 0});
  bytes_ += added->bytes;
  add_to(all_, added);
  add_to(agents_[event.agent], added);
  add_to(sessions_[event.session], added);
  while (bytes_ > options_.total_bytes && order_.size() > 1)
    forget_oldest();
}

void event_streams::add_to(stream& to, position x) {
  ++x->holders;
  to.events.push_back(x);
  if (to.events.size() > std::max<std::size_t>(options_.per_stream, 1))
    forget_first(to);
}

void event_streams::forget_first(stream& x) {
  auto first = x.events.front();
  x.forgotten = first->event->sequence;
  x.events.pop_front();
  release(first);
}

void event_streams::release(position x) {
  if (--x->holders > 0)
    return;
  bytes_ -= x->bytes;
  order_.erase(x);
}

void event_streams::forget_oldest() {
  auto oldest = order_.front().event;
  if (!all_.events.empty() && all_.events.front()->event == oldest)
    forget_first(all_);
  forget_in(agents_, oldest->agent, oldest);
  forget_in(sessions_, oldest->session, oldest);
}

template <class Id>
void event_streams::forget_in(std::unordered_map<Id, stream>& streams,
                              const Id& id, const protocol::event_ptr& oldest) {
  auto pos = streams.find(id);
  // The oldest of all is the first of every stream that still has it.
  if (pos == streams.end() || pos->second.events.empty()
      || pos->second.events.front()->event != oldest)
    return;
  forget_first(pos->second);
  if (!pos->second.events.empty())
    return;
  emptied_.emplace_back(id);
  if (emptied_.size() <= options_.max_empty)
    return;
  forget_empty(emptied_.front());
  emptied_.pop_front();
}

void event_streams::forget_empty(const stream_name& which) {
  auto forget = [this](auto& streams, const auto& id) {
    auto pos = streams.find(id);
    if (pos == streams.end() || !pos->second.events.empty())
      return;
    forgotten_ = std::max(forgotten_, pos->second.forgotten);
    streams.erase(pos);
  };
  if (which.kind == stream_name::kind_type::agent)
    forget(agents_, agent_id{which.id});
  else
    forget(sessions_, session_id{which.id});
}

void event_streams::open(const session_id& session) {
  if (!opened_.insert(session).second)
    return;
  opening_order_.push_back(session);
  if (opening_order_.size() > options_.max_empty) {
    opened_.erase(opening_order_.front());
    opening_order_.pop_front();
  }
}

bool event_streams::knows(const session_id& session) const {
  return opened_.contains(session) || sessions_.contains(session);
}

const event_streams::stream*
event_streams::find(const stream_name& which) const {
  auto among = [](const auto& streams, const auto& id) {
    auto pos = streams.find(id);
    return pos != streams.end() ? &pos->second : nullptr;
  };
  switch (which.kind) {
  case stream_name::kind_type::all:
    break;
  case stream_name::kind_type::agent:
    return among(agents_, agent_id{which.id});
  case stream_name::kind_type::session:
    return among(sessions_, session_id{which.id});
  }
  return &all_;
}

past_events event_streams::since(const stream_name& which,
                                 std::uint64_t after) const {
  past_events out;
  auto found = find(which);
  if (found == nullptr) {
    // Whoever saw something of it before may have missed something since.
    out.gap = after > 0 && after < forgotten_;
    return out;
  }
  out.gap = found->forgotten > after;
  auto first = std::partition_point(
      found->events.begin(), found->events.end(),
      [after](const auto& x) { return x->event->sequence <= after; });
  std::transform(first, found->events.end(), std::back_inserter(out.events),
                 [](const auto& x) { return x->event; });
  return out;
}

} // namespace bridgekeeper::actors
