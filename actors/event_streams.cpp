#include "actors/event_streams.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>
#include <vector>

namespace bridgekeeper::actors {

namespace {

bool is_progress(const protocol::event& x) noexcept {
  return std::holds_alternative<protocol::agent_progress>(x.body);
}

} // namespace

event_streams::positions&
event_streams::stream::of_kind(const protocol::event& x) noexcept {
  return is_progress(x) ? progress : others;
}

event_streams::kept_events&
event_streams::kept_with(const protocol::event& x) noexcept {
  return is_progress(x) ? progress_ : others_;
}

void event_streams::add(protocol::event_ptr x) {
  const auto& event = *x;
  auto& kept = kept_with(event);
  auto added = kept.order.insert(kept.order.end(),
                                 entry{std::move(x), footprint(event), 0});
  kept.bytes += added->bytes;
  add_to(all_, added);
  add_to(agents_[event.agent], added);
  add_to(sessions_[event.session], added);
  if (!event.bridge_session.str().empty())
    add_to(sessions_[event.bridge_session], added);
  while (bytes() > options_.total_bytes && events() > 1)
    forget_oldest();
}

void event_streams::add_to(stream& to, position x) {
  ++x->holders;
  auto& among = to.of_kind(*x->event);
  among.push_back(x);
  if (among.size() > std::max<std::size_t>(options_.per_stream, 1))
    forget_first(to, among);
}

void event_streams::forget_first(stream& from, positions& among) {
  auto first = among.front();
  from.forgotten = std::max(from.forgotten, first->event->sequence);
  among.pop_front();
  release(first);
}

void event_streams::release(position x) {
  if (--x->holders > 0)
    return;
  auto& kept = kept_with(*x->event);
  kept.bytes -= x->bytes;
  kept.order.erase(x);
}

void event_streams::forget_oldest() {
  // The last of the others is kept, however large it is.
  auto& from = progress_.bytes > share_of_progress() || others_.order.size() < 2
                   ? progress_
                   : others_;
  auto oldest = from.order.front().event;
  auto& among = all_.of_kind(*oldest);
  if (!among.empty() && among.front()->event == oldest)
    forget_first(all_, among);
  forget_in(agents_, oldest->agent, oldest);
  forget_in(sessions_, oldest->session, oldest);
  forget_in(sessions_, oldest->bridge_session, oldest);
}

template <class Id>
void event_streams::forget_in(std::unordered_map<Id, stream>& streams,
                              const Id& id, const protocol::event_ptr& oldest) {
  auto pos = streams.find(id);
  if (pos == streams.end())
    return;
  auto& from = pos->second;
  auto& among = from.of_kind(*oldest);
  // The oldest of its kind is the first of every stream that still has it.
  if (among.empty() || among.front()->event != oldest)
    return;
  forget_first(from, among);
  if (!from.empty())
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
    if (pos == streams.end() || !pos->second.empty())
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

past_events event_streams::since(const stream_name& which, std::uint64_t after,
                                 std::size_t max_bytes) const {
  past_events out;
  auto found = find(which);
  if (found == nullptr) {
    // Whoever saw something of it before may have missed something since.
    out.gap = after > 0 && after < forgotten_;
    return out;
  }
  out.gap = found->forgotten > after;
  auto first_of = [after](const positions& among) {
    return std::partition_point(
        among.begin(), among.end(),
        [after](const auto& x) { return x->event->sequence <= after; });
  };
  std::vector<position> merged;
  std::merge(first_of(found->progress), found->progress.end(),
             first_of(found->others), found->others.end(),
             std::back_inserter(merged), [](const auto& x, const auto& y) {
               return x->event->sequence < y->event->sequence;
             });
  std::size_t bytes = 0;
  for (const auto& x : merged) {
    bytes += x->bytes;
    if (bytes > max_bytes && !out.events.empty()) {
      out.more = true;
      break;
    }
    out.events.push_back(x->event);
  }
  return out;
}

} // namespace bridgekeeper::actors
