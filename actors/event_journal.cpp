#include "actors/event_journal.hpp"

#include "actors/event_publication.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace bridgekeeper::actors {

void event_journal::take(event_draft x) {
  // Readers distinguish events by their times, so each event gets a later one.
  auto stamp = std::max(clock(), last_stamp_ + std::chrono::microseconds{1});
  last_stamp_ = stamp;
  x->at = stamp;
  // Only this thread writes the number.
  x->sequence = newest_->load(std::memory_order_relaxed) + 1;
  newest_->store(x->sequence, std::memory_order_relaxed);
  // The event has its place in the order, so it must not be published again,
  // whatever happens next.
  x->taken.store(true, std::memory_order_release);
  enter(std::move(x));
}

std::size_t event_journal::take_recorded(const event_ptr& x) {
  newest_->store(x->sequence, std::memory_order_relaxed);
  return enter(std::const_pointer_cast<event_publication>(
      std::static_pointer_cast<const event_publication>(x)));
}

void event_journal::restore(const std::vector<event_ptr>& past,
                            std::uint64_t newest) {
  for (const auto& x : past)
    history_.add(std::make_shared<event_publication>(*x));
  newest_->store(newest, std::memory_order_relaxed);
}

std::size_t event_journal::enter(event_draft x) {
  // Before the event is sent: if sending fails halfway, the remaining followers
  // still find the event in the history.
  const auto* finished = history_.add(x);
  if (finished != nullptr && on_end_)
    on_end_(*finished);
  return send_to_followers(std::move(x));
}

std::size_t event_journal::send_to_followers(const event_ptr& x) const {
  std::size_t sent = 0;
  auto send_to = [&](const follower_list& followers) {
    for (const auto& follower : followers) {
      caf::anon_send(follower, event_atom_v, x);
      ++sent;
    }
  };
  auto send_to_those_of = [&](const auto& followers, const auto& id) {
    if (followers.empty())
      return;
    if (auto pos = followers.find(id); pos != followers.end())
      send_to(pos->second);
  };
  send_to(followers_of_all_);
  send_to_those_of(agent_followers_, x->agent);
  send_to_those_of(session_followers_, *x->session);
  if (x->bridge_session)
    send_to_those_of(session_followers_, *x->bridge_session);
  if (dispatch_followers_.empty())
    return sent;
  if (auto about = message_of(*x))
    send_to_those_of(dispatch_followers_, *about);
  return sent;
}

past_events event_journal::since(const stream_name& which, std::uint64_t after,
                                 std::size_t max_bytes) const {
  auto out = history_.since(which, after, max_bytes);
  out.which = which;
  out.up_to = newest_->load(std::memory_order_relaxed);
  return out;
}

// -- followers ----------------------------------------------------------------

event_journal::follower_list::iterator
event_journal::add_follower(const stream_name& which, event_subscriber x) {
  auto& followers = followers_of(which);
  return followers.insert(followers.end(), std::move(x));
}

void event_journal::remove_follower(const stream_name& which,
                                    follower_list::iterator place) {
  auto& followers = followers_of(which);
  followers.erase(place);
  if (!followers.empty())
    return;
  if (which.kind == stream_name::kind_type::agent)
    agent_followers_.erase(agent_id{which.id});
  else if (which.kind == stream_name::kind_type::session)
    session_followers_.erase(session_id{which.id});
  else if (which.kind == stream_name::kind_type::dispatch)
    dispatch_followers_.erase(message_id{which.id});
}

void event_journal::begin(const void* hub,
                          std::function<void(const dispatch_record&)> on_end) {
  end(hub_);
  hub_ = hub;
  on_end_ = std::move(on_end);
}

void event_journal::end(const void* hub) noexcept {
  if (hub != hub_)
    return;
  hub_ = nullptr;
  on_end_ = nullptr;
  followers_of_all_.clear();
  agent_followers_.clear();
  session_followers_.clear();
  dispatch_followers_.clear();
}

std::size_t event_journal::followed_streams() const noexcept {
  return (followers_of_all_.empty() ? 0 : 1) + agent_followers_.size()
         + session_followers_.size() + dispatch_followers_.size();
}

event_journal::follower_list&
event_journal::followers_of(const stream_name& which) {
  switch (which.kind) {
  case stream_name::kind_type::all:
    break;
  case stream_name::kind_type::agent:
    return agent_followers_[agent_id{which.id}];
  case stream_name::kind_type::session:
    return session_followers_[session_id{which.id}];
  case stream_name::kind_type::dispatch:
    return dispatch_followers_[message_id{which.id}];
  }
  return followers_of_all_;
}

} // namespace bridgekeeper::actors
