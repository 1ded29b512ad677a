#include "actors/event_streams.hpp"

#include <algorithm>
#include <utility>

namespace bridgekeeper::actors {

void event_streams::add(protocol::event_ptr x) {
  auto& of_agent = streams_[x->agent];
  of_agent.events.push_back(x);
  if (of_agent.events.size() > options_.per_agent) {
    of_agent.forgotten = of_agent.events.front()->sequence;
    of_agent.events.pop_front();
  }
  bytes_ += footprint(*x);
  order_.push_back(std::move(x));
  while (bytes_ > options_.total_bytes && order_.size() > 1)
    forget_oldest();
}

void event_streams::forget_oldest() {
  auto oldest = std::move(order_.front());
  order_.pop_front();
  bytes_ -= footprint(*oldest);
  forgotten_ = oldest->sequence;
  auto pos = streams_.find(oldest->agent);
  if (pos == streams_.end())
    return;
  auto& [agent, of_agent] = *pos;
  if (!of_agent.events.empty() && of_agent.events.front() == oldest) {
    of_agent.forgotten = oldest->sequence;
    of_agent.events.pop_front();
  }
}

past_events event_streams::since(const std::optional<protocol::agent_id>& agent,
                                 std::uint64_t after) const {
  past_events out;
  auto collect = [&](const auto& events, std::uint64_t forgotten) {
    out.gap = forgotten > after;
    auto first =
        std::find_if(events.begin(), events.end(),
                     [after](const auto& x) { return x->sequence > after; });
    out.events.assign(first, events.end());
  };
  if (!agent)
    collect(order_, forgotten_);
  else if (auto pos = streams_.find(*agent); pos != streams_.end())
    collect(pos->second.events, pos->second.forgotten);
  return out;
}

} // namespace bridgekeeper::actors
