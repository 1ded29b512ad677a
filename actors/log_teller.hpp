#pragma once

#include "domain/facts.hpp"
#include "domain/failure_quota.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::actors {

/// Renders facts as lines of the daemon's log. Any thread.
class log_teller {
public:
  /// `quota` bounds the lines that peers can cause without a valid token; it
  /// must outlive the teller.
  explicit log_teller(failure_quota& quota) noexcept : quota_(quota) {}

  void operator()(const fact::dispatch_accepted& x) const;
  void operator()(const fact::dispatch_refused& x) const;
  void operator()(const fact::dispatch_retried& x) const;
  void operator()(const fact::dispatch_ended& x) const;
  void operator()(const fact::late_result_kept& x) const;
  void operator()(const fact::bridge_resumed& x) const;
  void operator()(const fact::token_accepted& x) const;
  void operator()(const fact::token_refused& x) const;
  void operator()(const fact::bridge_rejected& x) const;
  void operator()(const fact::registration_refused& x) const;
  void operator()(const fact::agent_connected& x) const;
  void operator()(const fact::agent_disconnected& x) const;
  void operator()(const fact::agent_timed_out& x) const;
  void operator()(const fact::agent_token_revoked& x) const;
  void operator()(const fact::agent_replaced& x) const;
  void operator()(const fact::agent_conflict& x) const;
  void operator()(const fact::agent_died& x) const;
  void operator()(const fact::dispatch_erased& x) const;
  void operator()(const fact::agent_erased& x) const;
  void operator()(const fact::agent_duty_changed& x) const;
  void operator()(const fact::rate_limit_reached& x) const;
  void operator()(const fact::cost_limit_reached& x) const;
  void operator()(const fact::result_refused& x) const;
  void operator()(const fact::frame_ignored& x) const;
  void operator()(const fact::cost_implausible& x) const;
  void operator()(const fact::costs_reset& x) const;
  void operator()(const fact::control_client_disconnected& x) const;
  void operator()(const fact::stream_reader_dropped& x) const;

private:
  failure_quota& quota_;
};

/// Whether to log a line that a peer at `ip` caused. Must be called for every
/// line that a peer can cause without a valid token; otherwise peers could fill
/// the disk or push all other lines out of the log. `topic` (`bridge`, `http`)
/// and `reason` are logged with the number of suppressed lines at the end of
/// the minute.
[[nodiscard]] bool may_log(failure_quota& quota, const std::string& ip,
                           std::string_view topic, std::string_view reason,
                           time_point now);

/// Logs how many lines were suppressed. Any thread.
void log_left_out(const std::vector<failure_quota::summary>& list);

} // namespace bridgekeeper::actors
