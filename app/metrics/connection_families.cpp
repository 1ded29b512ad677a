// Connections, HTTP, readers of events, and what limits refuse.

#include "app/metrics/metrics_text.hpp"
#include "app/metrics/reason_samples.hpp"

#include <string>

namespace bridgekeeper::metrics {

namespace {

double count_of(const metric_sources& from,
                std::atomic<std::uint64_t> net::listener_counts::*which) {
  return from.listener ? static_cast<double>(
             ((*from.listener).*which).load(std::memory_order_relaxed))
                       : 0;
}

void add_http(family_list& to, const metric_sources& from) {
  std::vector<sample> responses;
  for (std::size_t digit = 2; digit <= 5; ++digit)
    responses.push_back(
        {{{"code", std::to_string(digit) + "xx"}},
         sum_of(from, [digit](const metric_sources::io_thread& x) {
           return x.labelled->http_responses[digit].value();
         })});
  to.counter("bridgekeeper_http_requests_total", "HTTP requests.",
             sum_of(from, &counters::http_requests));
  to.counter("bridgekeeper_http_responses_total",
             "HTTP responses by class of status; event streams and upgrades do "
             "not count.",
             responses);
}

void add_readers(family_list& to, const metric_sources& from) {
  using actors::thread_census;
  to.gauge("bridgekeeper_control_channels",
           "Control clients connected to /ws/control.",
           sum_of(from, &thread_census::control_channels));
  to.gauge(
      "bridgekeeper_stream_readers",
      "Readers of events: event streams over HTTP, and streams that control "
      "channels follow.",
      {{{{"kind", "event_stream"}},
        sum_of(from, &thread_census::event_streams)},
       {{{"kind", "subscription"}},
        sum_of(from, &thread_census::subscriptions)}});
  to.counter("bridgekeeper_stream_gaps_total",
             "Gaps that readers of events were told of: events are missing "
             "there.",
             sum_of(from, &thread_metrics::stream_gaps));
  to.gauge("bridgekeeper_reader_bytes",
           "Bytes waiting to be sent to readers of events and control clients "
           "together (limit: server.output_bytes).",
           static_cast<double>(from.reader_bytes));
}

void add_refusals(family_list& to, const metric_sources& from) {
  std::vector<sample> tokens;
  add_reasons(tokens, from, &thread_metrics::refused_tokens,
              {errc::missing_token, errc::invalid_token, errc::missing_scope});
  to.counter("bridgekeeper_tokens_refused_total",
             "Requests and registrations refused because of their token, by "
             "reason.",
             tokens);
  auto of_bridges = [&](errc why) {
    return sum_of(from, [why](const metric_sources::io_thread& x) {
      return x.labelled->rejected_bridges.value(why);
    });
  };
  auto of_dispatches = [&](errc why) {
    return sum_of(from, [why](const metric_sources::io_thread& x) {
      return x.labelled->refused_dispatches.value(why);
    });
  };
  auto by = [](const char* limit, double count) {
    return sample{{{"limit", limit}}, count};
  };
  to.counter(
      "bridgekeeper_limit_refusals_total",
      "What limits have refused, by limit.",
      {by("max_connections", count_of(from, &net::listener_counts::rejected)),
       by("max_unregistered", of_bridges(errc::too_many_connections)),
       by("failure_delay",
          of_bridges(errc::too_many_attempts)
              + sum_of(from,
                       [](const metric_sources::io_thread& x) {
                         return x.labelled->refused_tokens.value(
                             errc::too_many_attempts);
                       })),
       by("agent_per_minute",
          sum_of(from, &thread_metrics::agent_rate_refusals)),
       by("ip_per_minute",
          sum_of(from, &thread_metrics::address_rate_refusals)),
       by("cost", sum_of(from, &thread_metrics::cost_refusals)),
       by("max_pending", of_dispatches(errc::too_many_pending)),
       by("write_queue", of_dispatches(errc::bridge_behind))});
}

} // namespace

void add_connection_families(family_list& to, const metric_sources& from) {
  to.counter("bridgekeeper_connections_accepted_total",
             "Connections accepted since the daemon started.",
             count_of(from, &net::listener_counts::accepted));
  to.gauge("bridgekeeper_unregistered_connections",
           "Connections of bridges that have not registered yet (limit: "
           "bridge.max_unregistered).",
           static_cast<double>(from.unregistered_connections));
  to.counter("bridgekeeper_connections_cut_total",
             "Connections without a valid token that were closed to make room "
             "for others.",
             static_cast<double>(from.cut_connections));
  to.counter("bridgekeeper_tls_handshakes_total", "TLS handshakes by result.",
             {{{{"result", "completed"}},
               count_of(from, &net::listener_counts::handshakes)},
              {{{"result", "failed"}},
               count_of(from, &net::listener_counts::failed_handshakes)}});
  add_http(to, from);
  add_readers(to, from);
  add_refusals(to, from);
}

} // namespace bridgekeeper::metrics
