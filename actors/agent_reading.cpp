// When an agent does not read from its bridge: while others cannot keep up with
// what the bridge sends.

#include "actors/agent.hpp"
#include "actors/store_port.hpp"

#include <atomic>
#include <memory>

namespace bridgekeeper::actors {

namespace {

using std::chrono::milliseconds;

/// While more events than this are waiting for the hub, reading from bridges
/// pauses.
constexpr std::size_t hub_backlog_limit = 20'000;
constexpr auto hub_pause_time = milliseconds{20};

/// How long reading from a bridge pauses after it sent something to a requester
/// that is behind. Long enough to slow the bridge down, and short enough that
/// its heartbeats are still read in time, however much it sends.
constexpr auto requester_pause_time = milliseconds{100};

} // namespace

void agent_state::pause_while_others_are_behind(const dispatch_order& order) {
  auto pause = milliseconds{0};
  if (context->core.event_backlog->load(std::memory_order_relaxed)
          >= hub_backlog_limit
      || (context->store
          && context->store->waiting_bytes() > store_backlog_limit))
    pause = hub_pause_time;
  const auto& requester = order.requester_is_behind;
  if (requester && requester->load(std::memory_order_relaxed))
    pause = requester_pause_time;
  if (pause.count() > 0)
    pause_reading_for(pause);
}

void agent_state::pause_while_store_is_behind() {
  if (context->store->waiting_bytes() > store_backlog_limit)
    pause_reading_for(hub_pause_time);
}

void agent_state::pause_reading_for(milliseconds time) {
  session->pause_reading();
  if (!reading_pause)
    reading_pause = std::make_unique<net::deadline>(
        context->deadlines, [this] { resume_reading(); });
  reading_pause->arm(time);
}

void agent_state::resume_reading() {
  if (lookups >= max_lookups)
    return;
  if (must_not_read())
    return pause_reading_for(hub_pause_time);
  reading_resumed = context->deadlines.now();
  session->resume_reading();
}

bool agent_state::must_not_read() const {
  return lookups >= max_lookups
         || (context->store
             && context->store->waiting_bytes() > store_backlog_memory);
}

} // namespace bridgekeeper::actors
