#include "domain/event_streams.hpp"

#include "domain/prefetch.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace bridgekeeper {

bool event_streams::stream::empty() const noexcept {
  if (!shared)
    return own[progress].empty() && own[others].empty();
  return (*shared)[progress].count + (*shared)[others].count == 0;
}

event_streams::kind event_streams::kind_of(const event& x) noexcept {
  return is_expendable(x) ? progress : others;
}

// -- queues -------------------------------------------------------------------

void event_streams::queue::push_back(entry& x) noexcept {
  link added{&x, x.linked++};
  if (empty())
    first_ = added;
  else
    last_.to->link_to(last_.index, added);
  last_ = added;
  ++size_;
}

void event_streams::queue::pop_front() noexcept {
  first_ = first_.to->after(first_.index);
  --size_;
  // This one is usually forgotten next, and it is not in the cache.
  prefetch(first_.to);
}

bool event_streams::queue::remove(const entry& x) noexcept {
  link before;
  for (auto at = first_; at.to != nullptr;
       before = at, at = at.to->after(at.index)) {
    if (at.to != &x)
      continue;
    auto next = at.to->after(at.index);
    if (before.to != nullptr)
      before.to->link_to(before.index, next);
    else
      first_ = next;
    if (next.to == nullptr)
      last_ = before;
    --size_;
    return true;
  }
  return false;
}

void event_streams::queue::collect(std::uint64_t after,
                                   std::vector<const entry*>& out) const {
  for (auto x = first_; x.to != nullptr; x = x.to->after(x.index))
    if (x.to->sequence > after)
      out.push_back(x.to);
}

event_streams::kept_events::~kept_events() {
  order.clear_and_dispose([](entry* x) { x->self.reset(); });
}

// -- adding -------------------------------------------------------------------

void event_streams::add(std::shared_ptr<entry> x, std::size_t used_elsewhere) {
  auto& added = *x;
  auto& record = agents_[added.agent];
  auto which = kind_of(added);
  auto& kept = record.kept[which];
  added.of = &record;
  added.which = which;
  added.bytes = footprint(added);
  added.self = std::move(x);
  kept.order.push_back(added);
  auto& sum = totals_[which];
  ++sum.count;
  sum.bytes += added.bytes;
  kept.bytes += added.bytes;
  sum.ranking.update(kept, kept.bytes);
  add_to(all_, added);
  add_to(record.events, added);
  add_to(session_of(record, 0, *added.session), added);
  if (added.bridge_session)
    add_to(session_of(record, 1, *added.bridge_session), added);
  limit_bytes(added, options_.total_bytes
                         - std::min(used_elsewhere, options_.total_bytes / 2));
}

event_streams::stream& event_streams::session_of(agent_record& agent,
                                                 std::size_t index,
                                                 const session_id& id) {
  auto found = find_session(agent, index, id);
  if (found == nullptr)
    agent.recent[index] = found = &*sessions_.try_emplace(id).first;
  return found->second;
}

event_streams::session_map::value_type*
event_streams::find_session(agent_record& agent, std::size_t index,
                            const session_id& id) {
  // `recent` points into `sessions_` and may dangle once a session was erased.
  if (std::exchange(agent.sessions_ended, sessions_ended_) != sessions_ended_)
    agent.recent = {};
  auto& recent = agent.recent[index];
  if (recent != nullptr && recent->first == id)
    return recent;
  auto pos = sessions_.find(id);
  return pos != sessions_.end() ? recent = &*pos : nullptr;
}

void event_streams::add_to(stream& to, entry& x) {
  ++x.holders;
  auto most = std::max<std::size_t>(options_.per_stream, 1);
  auto which = x.which;
  if (!to.shared && !to.empty() && to.only != x.of)
    share_out(to);
  if (!to.shared) {
    to.only = x.of;
    auto& among = to.own[which];
    among.push_back(x);
    if (among.size() > most)
      forget_first(to, among);
    return;
  }
  auto& among = (*to.shared)[which];
  auto& mine = among.by_agent[x.of];
  mine.of = x.of;
  mine.events.push_back(x);
  among.ranking.update(mine, mine.events.size());
  if (++among.count > most)
    forget_first(to, among, *among.ranking.largest());
}

void event_streams::share_out(stream& x) {
  x.shared = std::make_unique<std::array<shared_events, kinds>>();
  for (auto which : {progress, others}) {
    auto& among = (*x.shared)[which];
    among.count = x.own[which].size();
    if (among.count == 0)
      continue;
    auto& first = among.by_agent[x.only];
    first.of = x.only;
    first.events = std::exchange(x.own[which], {});
    among.ranking.update(first, among.count);
  }
}

// -- forgetting ---------------------------------------------------------------

void event_streams::forget_first(stream& from, queue& among) {
  auto& first = among.front();
  among.pop_front();
  note_forgotten(from, first);
}

void event_streams::forget_first(stream& from, shared_events& among,
                                 share& of_agent) {
  auto& first = of_agent.events.front();
  of_agent.events.pop_front();
  note_forgotten(from, among, of_agent, first);
}

void event_streams::note_forgotten(stream& from, entry& x) {
  from.forgotten = std::max(from.forgotten, x.sequence);
  release(x);
}

void event_streams::note_forgotten(stream& from, shared_events& among,
                                   share& of_agent, entry& x) {
  note_forgotten(from, x);
  --among.count;
  among.ranking.update(of_agent, of_agent.events.size());
  // If more agents are active than a stream holds events, shares become empty
  // and are refilled with each event, so empty ones are kept until there are
  // too many.
  if (among.by_agent.size() > 2 * options_.per_stream)
    std::erase_if(among.by_agent,
                  [](const auto& y) { return y.second.events.empty(); });
}

void event_streams::forget_in(stream& from, entry& x, bool is_oldest) {
  auto remove = [&x, is_oldest](queue& among) {
    if (!is_oldest)
      return among.remove(x);
    // This stream may have forgotten it already.
    if (among.empty() || &among.front() != &x)
      return false;
    among.pop_front();
    return true;
  };
  auto which = x.which;
  if (!from.shared) {
    if (remove(from.own[which]))
      note_forgotten(from, x);
    return;
  }
  auto& among = (*from.shared)[which];
  auto pos = among.by_agent.find(x.of);
  if (pos != among.by_agent.end() && remove(pos->second.events))
    note_forgotten(from, among, pos->second, x);
}

void event_streams::limit_bytes(const entry& newest, std::size_t limit) {
  while (bytes() > limit && events() > 1) {
    // Progress may use an eighth of the memory. The last of the other events is
    // kept, however large it is.
    auto which = totals_[progress].bytes > options_.total_bytes / 8
                         || totals_[others].count < 2
                     ? progress
                     : others;
    auto& ranking = totals_[which].ranking;
    auto most = ranking.largest();
    if (&most->order.front() == &newest) {
      // The newest event is kept for now, even if it later costs its agent
      // older ones.
      if (newest.bytes > options_.total_bytes / 2)
        return;
      // Take the newest event's agent out of the ranking for a moment, to find
      // the runner-up.
      ranking.update(*most, 0);
      auto next = ranking.largest();
      ranking.update(*most, most->bytes);
      if (next == nullptr)
        return;
      most = next;
    }
    forget_everywhere(most->order.front(), true);
  }
}

void event_streams::forget(const agent_id& agent, const message_id& dispatch) {
  forget_if(agent, [&dispatch](const event& x) {
    auto about = message_of(x);
    return about != nullptr && *about == dispatch;
  });
}

void event_streams::forget(const agent_id& agent) {
  forget_if(agent, [](const event&) { return true; });
}

template <class Predicate>
void event_streams::forget_if(const agent_id& agent, Predicate is_meant) {
  auto pos = agents_.find(agent);
  if (pos == agents_.end())
    return;
  std::vector<entry*> found;
  for (auto& kept : pos->second.kept)
    for (auto& x : kept.order)
      if (is_meant(x))
        found.push_back(&x);
  // The last of them may end the agent's record.
  for (auto* x : found)
    forget_everywhere(*x, false);
}

void event_streams::forget_everywhere(entry& x, bool is_oldest) {
  // Keeps the event alive until this function returns.
  auto event = x.self;
  auto& agent = *x.of;
  auto is_left = [&x] { return x.holders > 0; };
  std::array<std::pair<const session_id*, stream*>, 2> sessions{};
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    auto& id = i == 0 ? event->session : event->bridge_session;
    if (auto found = id ? find_session(agent, i, *id) : nullptr)
      sessions[i] = {&*id, &found->second};
  }
  forget_in(all_, x, is_oldest);
  if (is_left())
    forget_in(agent.events, x, is_oldest);
  for (auto& [id, session] : sessions) {
    if (session != nullptr && is_left())
      forget_in(*session, x, is_oldest);
    if (session != nullptr && !session->empty())
      id = nullptr;
  }
  // Each of these calls may forget another stream.
  if (agent.events.empty())
    note_empty(stream_name{event->agent});
  for (auto& [id, session] : sessions)
    if (id != nullptr)
      note_empty(stream_name{*id});
}

void event_streams::release(entry& x) {
  if (--x.holders > 0)
    return;
  auto which = x.which;
  auto& kept = x.of->kept[which];
  auto& sum = totals_[which];
  --sum.count;
  sum.bytes -= x.bytes;
  kept.bytes -= x.bytes;
  kept.order.erase(kept.order.iterator_to(x));
  sum.ranking.update(kept, kept.bytes);
  x.self.reset();
}

/// A stream that has lost all its events is remembered for a while, so that its
/// readers can be told about the gap.
void event_streams::note_empty(const stream_name& which) {
  emptied_.push_back(which);
  if (emptied_.size() <= options_.max_empty)
    return;
  forget_empty(emptied_.front());
  emptied_.pop_front();
}

void event_streams::forget_empty(const stream_name& which) {
  auto keep_gap = [this](const stream& x) {
    forgotten_ = std::max(forgotten_, x.forgotten);
  };
  if (which.kind == stream_name::kind_type::agent) {
    auto pos = agents_.find(agent_id{which.id});
    if (pos == agents_.end() || !pos->second.events.empty()
        || !pos->second.kept[progress].order.empty()
        || !pos->second.kept[others].order.empty())
      return;
    keep_gap(pos->second.events);
    agents_.erase(pos);
    return;
  }
  auto pos = sessions_.find(session_id{which.id});
  if (pos == sessions_.end() || !pos->second.empty())
    return;
  keep_gap(pos->second);
  sessions_.erase(pos);
  ++sessions_ended_;
}

// -- sessions -----------------------------------------------------------------

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

// -- reading ------------------------------------------------------------------

const event_streams::stream*
event_streams::find(const stream_name& which) const {
  if (which.kind == stream_name::kind_type::agent) {
    auto pos = agents_.find(agent_id{which.id});
    return pos != agents_.end() ? &pos->second.events : nullptr;
  }
  if (which.kind == stream_name::kind_type::session) {
    auto pos = sessions_.find(session_id{which.id});
    return pos != sessions_.end() ? &pos->second : nullptr;
  }
  return &all_;
}

past_events event_streams::since(const stream_name& which, std::uint64_t after,
                                 std::size_t max_bytes) const {
  past_events out;
  auto found = find(which);
  if (found == nullptr) {
    // A reader that has seen part of the stream may have missed events since
    // then.
    out.gap = after > 0 && after < forgotten_;
    return out;
  }
  out.gap = found->forgotten > after;
  std::vector<const entry*> found_events;
  for (auto sort : {progress, others}) {
    found->own[sort].collect(after, found_events);
    if (found->shared)
      for (const auto& [agent, mine] : (*found->shared)[sort].by_agent)
        mine.events.collect(after, found_events);
  }
  std::sort(found_events.begin(), found_events.end(),
            [](auto x, auto y) { return x->sequence < y->sequence; });
  std::size_t bytes = 0;
  for (auto x : found_events) {
    bytes += x->bytes;
    if (bytes > max_bytes && !out.events.empty()) {
      out.more = true;
      break;
    }
    out.events.push_back(x->self);
  }
  return out;
}

std::uint64_t event_streams::newest_forgotten(const stream_name& which) const {
  auto found = find(which);
  return found != nullptr ? found->forgotten : forgotten_;
}

} // namespace bridgekeeper
