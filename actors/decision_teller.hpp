#pragma once

#include "domain/decision_log.hpp"
#include "domain/facts.hpp"

namespace bridgekeeper::actors {

/// Renders facts as decisions, from which explanations are made: what was
/// decided, by which rule, with which configured value. Dispatches that go well
/// cost nothing, because their records say everything. Any thread.
class decision_teller {
public:
  /// The log must outlive the teller.
  explicit decision_teller(decision_log& log) noexcept : log_(log) {}

  // -- agents -----------------------------------------------------------------

  void operator()(const fact::bridge_rejected& x) const;
  void operator()(const fact::registration_refused& x) const;
  void operator()(const fact::link_ended_early& x) const;
  void operator()(const fact::agent_connected& x) const;
  void operator()(const fact::agent_disconnected& x) const;
  void operator()(const fact::agent_timed_out& x) const;
  void operator()(const fact::agent_token_revoked& x) const;
  void operator()(const fact::agent_replaced& x) const;
  void operator()(const fact::agent_conflict& x) const;
  void operator()(const fact::agent_died& x) const;
  void operator()(const fact::agent_forgotten& x) const;
  void operator()(const fact::dispatch_erased& x) const;
  void operator()(const fact::agent_erased& x) const;
  void operator()(const fact::agent_duty_changed& x) const;
  void operator()(const fact::bridge_resumed& x) const;
  void operator()(const fact::result_refused& x) const;
  void operator()(const fact::frame_ignored& x) const;

  // -- dispatches -------------------------------------------------------------

  void operator()(const fact::dispatch_queued& x) const;
  void operator()(const fact::dispatch_unassigned& x) const;
  void operator()(const fact::dispatch_retried& x) const;
  void operator()(const fact::retry_dropped& x) const;
  void operator()(const fact::dispatch_failed& x) const;
  void operator()(const fact::response_received& x) const;
  void operator()(const fact::rate_limit_reached& x) const;
  void operator()(const fact::cost_limit_reached& x) const;

  // -- requests and connections -----------------------------------------------

  void operator()(const fact::token_refused& x) const;
  void operator()(const fact::request_refused& x) const;
  void operator()(const fact::connection_refused& x) const;
  void operator()(const fact::control_client_disconnected& x) const;
  void operator()(const fact::stream_reader_dropped& x) const;

private:
  decision_log& log_;
};

} // namespace bridgekeeper::actors
