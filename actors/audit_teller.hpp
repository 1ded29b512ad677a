#pragma once

#include "actors/audit_sink.hpp"
#include "domain/facts.hpp"

#include <cstddef>
#include <string_view>

namespace bridgekeeper::actors {

/// Renders facts as entries of the audit log ("The audit log" in
/// docs/protocol.md). Builds no entry that the sink does not want. Any thread.
class audit_teller {
public:
  /// The sink must outlive the teller.
  explicit audit_teller(const audit_sink& sink) noexcept : sink_(sink) {}

  void operator()(const fact::token_accepted& x) const;
  void operator()(const fact::token_refused& x) const;
  void operator()(const fact::agent_connected& x) const;
  void operator()(const fact::agent_disconnected& x) const;
  void operator()(const fact::agent_timed_out& x) const;
  void operator()(const fact::agent_conflict& x) const;
  void operator()(const fact::agent_forgotten& x) const;
  void operator()(const fact::dispatch_erased& x) const;
  void operator()(const fact::agent_erased& x) const;
  void operator()(const fact::agent_duty_changed& x) const;
  void operator()(const fact::dispatch_started& x) const;
  void operator()(const fact::rate_limit_reached& x) const;
  void operator()(const fact::cost_limit_reached& x) const;
  void operator()(const fact::result_refused& x) const;
  void operator()(const fact::cost_recorded& x) const;
  void operator()(const fact::cost_implausible& x) const;
  void operator()(const fact::costs_reset& x) const;

private:
  const audit_sink& sink_;
};

} // namespace bridgekeeper::actors
