#pragma once

#include "actors/payloads.hpp"
#include "domain/facts.hpp"

namespace bridgekeeper::actors {

/// Renders facts as events for the hub (contract section 4). Returns null if
/// there is nothing to publish.
struct event_teller {
  event_draft operator()(const fact::agent_connected& x) const;
  event_draft operator()(const fact::agent_disconnected& x) const;
  event_draft operator()(const fact::agent_timed_out& x) const;
  event_draft operator()(const fact::agent_conflict& x) const;
  event_draft operator()(const fact::dispatch_started& x) const;
  event_draft operator()(const fact::progress_reported& x) const;
  event_draft operator()(const fact::response_received& x) const;
  event_draft operator()(const fact::dispatch_failed& x) const;
  event_draft operator()(const fact::dispatch_cancelled& x) const;
  event_draft operator()(const fact::dispatch_queued& x) const;
  event_draft operator()(const fact::dispatch_sent& x) const;
  event_draft operator()(const fact::dispatch_retried& x) const;
  event_draft operator()(const fact::late_result_kept& x) const;
  event_draft operator()(const fact::cost_recorded& x) const;
};

} // namespace bridgekeeper::actors
