#pragma once

#include "domain/facts.hpp"
#include "domain/thread_metrics.hpp"

#include <cstdint>

namespace bridgekeeper::actors {

/// Counts facts by their reasons in the metrics of one I/O thread, on that
/// thread. What needs no label is counted by `counter_teller`.
class metric_teller {
public:
  explicit metric_teller(thread_metrics& metrics) noexcept
    : metrics_(metrics) {}

  void operator()(const fact::token_refused& x) const noexcept {
    metrics_.refused_tokens.count(x.why);
  }

  void operator()(const fact::bridge_rejected& x) const noexcept {
    metrics_.rejected_bridges.count(x.why);
  }

  void operator()(const fact::registration_refused& x) const noexcept {
    metrics_.refused_registrations.count(x.why);
  }

  void operator()(const fact::agent_disconnected& x) const noexcept {
    metrics_.bridge_closes.count(x.why);
  }

  void operator()(const fact::control_client_disconnected& x) const noexcept {
    metrics_.channel_closes.count(x.why);
  }

  void operator()(const fact::stream_reader_dropped& x) const noexcept {
    metrics_.stream_closes.count(x.why);
  }

  void operator()(const fact::rate_limit_reached& x) const noexcept {
    ++(x.refusal.agent_is_full ? metrics_.agent_rate_refusals
                               : metrics_.address_rate_refusals);
  }

  void operator()(const fact::cost_limit_reached&) const noexcept {
    ++metrics_.cost_refusals;
  }

  void operator()(const fact::late_result_kept&) const noexcept {
    ++metrics_.late_results;
  }

  void operator()(const fact::result_refused& x) const noexcept {
    metrics_.refused_frames.count(x.why);
  }

  void operator()(const fact::frame_ignored& x) const noexcept {
    metrics_.refused_frames.count(x.why.code);
  }

  void operator()(const fact::cost_recorded& x) const noexcept {
    metrics_.cost += static_cast<std::uint64_t>(x.cost.cost.count());
  }

private:
  thread_metrics& metrics_;
};

} // namespace bridgekeeper::actors
