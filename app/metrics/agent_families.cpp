// Agents, their links, and the frames on them.

#include "app/metrics/metrics_text.hpp"
#include "app/metrics/reason_samples.hpp"

#include <algorithm>
#include <string>

namespace bridgekeeper::metrics {

namespace {

using actors::thread_census;

double count_disconnected(const metric_sources& from) {
  auto known = sum_of(from, [](const metric_sources::io_thread& x) {
    return x.labelled->known_agents.load(std::memory_order_relaxed);
  });
  auto connected = sum_of(from, &thread_census::cordoned)
                   + sum_of(from, &thread_census::busy)
                   + sum_of(from, &thread_census::idle);
  // The registry and the threads are not counted at the same moment.
  return std::max(0.0, known - connected);
}

void add_agents(family_list& to, const metric_sources& from) {
  auto in_state = [&](const char* name, std::size_t thread_census::*which) {
    return sample{{{"state", name}}, sum_of(from, which)};
  };
  to.gauge("bridgekeeper_agents",
           "Known agents, and bridges that have yet to register, by state.",
           {in_state("registering", &thread_census::registering),
            in_state("idle", &thread_census::idle),
            in_state("busy", &thread_census::busy),
            in_state("cordoned", &thread_census::cordoned),
            {{{"state", "disconnected"}}, count_disconnected(from)}});
}

void add_closes(family_list& to, const metric_sources& from) {
  std::vector<sample> closes;
  add_reasons(closes, from, &thread_metrics::bridge_closes,
              {errc::agent_lost, errc::replaced, errc::heartbeat_timeout,
               errc::evicted, errc::token_revoked, errc::drained,
               errc::draining, errc::registered_again},
              {{"peer", "bridge"}});
  add_reasons(closes, from, &thread_metrics::channel_closes,
              {errc::peer_closed, errc::heartbeat_timeout, errc::stalled,
               errc::output_budget, errc::token_revoked},
              {{"peer", "control_channel"}});
  add_reasons(closes, from, &thread_metrics::stream_closes,
              {errc::stalled, errc::output_budget}, {{"peer", "event_stream"}});
  to.counter("bridgekeeper_closes_total",
             "Ended connections of registered bridges and of control channels, "
             "and event streams closed because of their reader, by reason.",
             closes);
}

/// Every kind goes in both directions as far as the counters know, but each is
/// shown only in those of the protocol.
void add_frames(family_list& to, const metric_sources& from) {
  using enum frame_kind;
  std::vector<sample> frames;
  std::vector<sample> bytes;
  auto add = [&](const char* direction, frame_counters thread_metrics::*which,
                 std::initializer_list<frame_kind> kinds) {
    for (auto kind : kinds) {
      label_list labels{
          {"peer", kind == control ? "control_channel" : "bridge"},
          {"direction", direction},
          {"type", std::string{to_string(kind)}}};
      auto count = [&](counter frame_counters::tally::*what) {
        return sum_of(from, [&](const metric_sources::io_thread& x) {
          return ((x.labelled->*which).of(kind).*what).value();
        });
      };
      frames.push_back({labels, count(&frame_counters::tally::frames)});
      bytes.push_back({labels, count(&frame_counters::tally::bytes)});
    }
  };
  add("received", &thread_metrics::received,
      {registration, progress, response, heartbeat, resume, accept, drain,
       invalid, control});
  add("sent", &thread_metrics::sent,
      {registered, dispatch, heartbeat, cancel, ack, goaway, control});
  to.counter("bridgekeeper_frames_total",
             "WebSocket messages of bridges and control channels, by type.",
             frames);
  to.counter("bridgekeeper_frame_bytes_total",
             "Bytes of the texts of these messages.", bytes);
}

} // namespace

void add_agent_families(family_list& to, const metric_sources& from) {
  add_agents(to, from);
  to.counter("bridgekeeper_registrations_total",
             "Registrations of bridges, including those of returning ones.",
             sum_of(from, &counters::registrations));
  std::vector<sample> refused;
  add_reasons(refused, from, &thread_metrics::refused_registrations,
              {errc::invalid_token, errc::missing_scope, errc::not_registered,
               errc::invalid_message, errc::agent_id_in_use});
  to.counter("bridgekeeper_registrations_refused_total",
             "Registrations of bridges that were refused, by reason.", refused);
  add_closes(to, from);
  add_frames(to, from);
  std::vector<sample> ignored;
  add_reasons(ignored, from, &thread_metrics::refused_frames,
              {errc::forged_result, errc::unknown_message,
               errc::unreadable_response, errc::invalid_json,
               errc::invalid_message});
  to.counter("bridgekeeper_frames_refused_total",
             "Messages of registered bridges that were refused, by reason.",
             ignored);
  to.gauge("bridgekeeper_write_queue_bytes",
           "Bytes queued for bridges and control channels, not yet sent.",
           {{{{"peer", "bridge"}}, sum_of(from, &thread_census::bridge_bytes)},
            {{{"peer", "control_channel"}},
             sum_of(from, &thread_census::channel_bytes)}});
}

} // namespace bridgekeeper::metrics
