#include "domain/event_history.hpp"

#include <variant>

namespace bridgekeeper {

past_events event_history::since(const stream_name& which, std::uint64_t after,
                                 std::size_t max_bytes) const {
  if (which.kind != stream_name::kind_type::dispatch)
    return streams_.since(which, after, max_bytes);
  auto record = records_.find(message_id{which.id});
  auto among = record ? stream_name{record->agent} : stream_name{};
  past_events out;
  out.ended = !record || is_finished(record->status);
  // Events that were forgotten before the dispatch began are not missing.
  auto begin = after;
  std::size_t bytes = 0;
  for (auto& x : streams_.since(among, after).events) {
    if (!which.covers(*x))
      continue;
    bytes += footprint(*x);
    if (bytes > max_bytes && !out.events.empty()) {
      out.more = true;
      break;
    }
    if (std::holds_alternative<task_dispatched>(x->body))
      begin = x->sequence;
    out.events.push_back(std::move(x));
  }
  out.gap = streams_.newest_forgotten(among) > begin;
  return out;
}

} // namespace bridgekeeper
