// Dispatches, and what they cost.

#include "app/metrics/metrics_text.hpp"
#include "app/metrics/reason_samples.hpp"

#include <array>
#include <string>

namespace bridgekeeper::metrics {

namespace {

constexpr std::array ends_of_dispatches{
    dispatch_state::completed, dispatch_state::failed,
    dispatch_state::timed_out, dispatch_state::cancelled, dispatch_state::lost};

void add_outcomes(family_list& to, const metric_sources& from) {
  std::vector<sample> outcomes;
  for (auto x : ends_of_dispatches)
    outcomes.push_back(
        {{{"outcome", std::string{to_string(x)}}},
         sum_of(from, [x](const metric_sources::io_thread& thread) {
           return thread.labelled->ends[static_cast<std::size_t>(x)].value();
         })});
  to.counter("bridgekeeper_dispatches_ended_total",
             "Dispatches that have ended, by outcome.", outcomes);
}

void add_times(family_list& to, const metric_sources& from) {
  to.histogram("bridgekeeper_dispatch_acceptance_seconds",
               "Time from a request to dispatch until its acceptance, which "
               "includes the commit of the store.",
               {histogram_of(from, &thread_metrics::acceptance)});
  to.histogram("bridgekeeper_dispatch_queue_wait_seconds",
               "Time from a request to dispatch until its first attempt was "
               "sent to the bridge.",
               {histogram_of(from, &thread_metrics::queue_wait)});
  to.histogram("bridgekeeper_dispatch_bridge_acceptance_seconds",
               "Time from the frame of an attempt until its bridge accepted it "
               "(protocol 1.1 only).",
               {histogram_of(from, &thread_metrics::bridge_acceptance)});
  to.histogram("bridgekeeper_dispatch_duration_seconds",
               "Time from a request to dispatch until the end of the dispatch, "
               "whatever its outcome.",
               {histogram_of(from, &thread_metrics::duration)});
}

void add_costs(family_list& to, const metric_sources& from) {
  const auto& costs = from.costs;
  to.counter("bridgekeeper_cost_usd_total",
             "Cost of dispatches since the daemon started, in US dollars.",
             sum_of(from, &thread_metrics::cost) / 1e6);
  auto of_periods = [&](micro_usd cost_view::account::*which) {
    return std::vector<sample>{
        {{{"period", "session"}}, (costs.session.*which).to_usd()},
        {{{"period", "day"}}, (costs.daily.*which).to_usd()}};
  };
  to.gauge("bridgekeeper_spent_usd",
           "Money spent in the present session and on the present day (UTC), "
           "in US dollars.",
           of_periods(&cost_view::account::spent));
  to.gauge("bridgekeeper_cost_limit_usd",
           "Limit of the money spent in a session and on a day, in US dollars; "
           "0 means no limit.",
           of_periods(&cost_view::account::limit));
  to.gauge("bridgekeeper_reserved_usd",
           "Money set aside for dispatches in progress, in US dollars.",
           costs.reserved.to_usd());
}

} // namespace

void add_dispatch_families(family_list& to, const metric_sources& from) {
  using actors::thread_census;
  to.counter("bridgekeeper_dispatches_accepted_total",
             "Dispatches accepted since the daemon started.",
             sum_of(from, &counters::dispatches));
  std::vector<sample> refused;
  add_reasons(refused, from, &thread_metrics::refused_dispatches,
              {errc::agent_not_connected, errc::unknown_agent,
               errc::too_many_pending, errc::rate_limited, errc::cost_limit,
               errc::bridge_behind, errc::draining, errc::store_full});
  to.counter("bridgekeeper_dispatches_refused_total",
             "Requests to dispatch that were refused, by reason; invalid "
             "requests do not count.",
             refused);
  add_outcomes(to, from);
  to.counter("bridgekeeper_dispatch_retries_total",
             "Attempts that failed and were followed by another attempt.",
             sum_of(from, &counters::retries));
  to.counter("bridgekeeper_late_results_total",
             "Results that came after the end of their dispatch and were kept.",
             sum_of(from, &thread_metrics::late_results));
  to.gauge(
      "bridgekeeper_dispatches",
      "Unfinished dispatches: with their bridge (pending), waiting at a "
      "connected agent for a slot, a retry or the end of a cordon (queued), "
      "waiting for an agent that is not connected or for the return of its "
      "bridge (shelved), or on their way to the store (recording).",
      {{{{"state", "pending"}}, sum_of(from, &thread_census::pending)},
       {{{"state", "queued"}}, sum_of(from, &thread_census::queued)},
       {{{"state", "shelved"}}, static_cast<double>(from.shelved_dispatches)},
       {{{"state", "recording"}}, sum_of(from, &thread_census::recording)}});
  add_times(to, from);
  add_costs(to, from);
}

} // namespace bridgekeeper::metrics
