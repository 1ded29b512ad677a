#pragma once

#include "domain/counters.hpp"
#include "domain/facts.hpp"

namespace bridgekeeper::actors {

/// Counts facts in the counters of one I/O thread, on that thread.
class counter_teller {
public:
  explicit counter_teller(counters& counts) noexcept : counts_(counts) {}

  void operator()(const fact::registration_refused&) const noexcept {
    ++counts_.refused_registrations;
  }

  void operator()(const fact::agent_connected&) const noexcept {
    ++counts_.registrations;
  }

  void operator()(const fact::agent_timed_out&) const noexcept {
    ++counts_.evictions;
  }

  void operator()(const fact::dispatch_started&) const noexcept {
    ++counts_.dispatches;
  }

  void operator()(const fact::dispatch_queued&) const noexcept {
    ++counts_.waits_begun;
  }

  void operator()(const fact::dispatch_unassigned&) const noexcept {
    ++counts_.dispatches;
    ++counts_.waits_begun;
  }

  void operator()(const fact::dispatch_retried&) const noexcept {
    ++counts_.waits_begun;
    ++counts_.retries;
  }

  void operator()(const fact::dispatch_sent&) const noexcept {
    ++counts_.waits_ended;
  }

  void operator()(const fact::progress_reported&) const noexcept {
    ++counts_.progress_reports;
  }

  void operator()(const fact::response_received&) const noexcept {
    ++counts_.responses;
  }

  void operator()(const fact::dispatch_failed&) const noexcept {
    ++counts_.failed_dispatches;
  }

  void operator()(const fact::result_refused& x) const noexcept {
    if (x.why == errc::forged_result)
      ++counts_.forged_results;
    else if (x.why == errc::unknown_message)
      ++counts_.unknown_results;
  }

  void operator()(const fact::control_client_disconnected& x) const noexcept {
    if (x.why == errc::heartbeat_timeout)
      ++counts_.silent_clients;
    count_reader(x.why);
  }

  void operator()(const fact::stream_reader_dropped& x) const noexcept {
    count_reader(x.why);
  }

private:
  void count_reader(errc why) const noexcept {
    if (why == errc::overflow)
      ++counts_.overflows;
    else if (why == errc::stalled)
      ++counts_.stalled_readers;
    else if (why == errc::output_budget)
      ++counts_.indebted_readers;
  }

  counters& counts_;
};

} // namespace bridgekeeper::actors
