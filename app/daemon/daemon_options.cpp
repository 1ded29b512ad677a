#include "app/daemon/daemon_options.hpp"

#include "protocol/ids.hpp"

#include <algorithm>
#include <thread>

namespace bridgekeeper::app {

namespace {

std::chrono::milliseconds to_ms(seconds x) {
  return std::chrono::ceil<std::chrono::milliseconds>(x);
}

} // namespace

net::listener_options make_listener_options(const config& x) {
  net::listener_options out;
  for (const auto& text : x.server.listen)
    out.endpoints.push_back(net::parse_endpoint(text).value());
  out.backlog = x.server.backlog;
  out.limits.total = x.server.max_connections;
  out.limits.unregistered = x.bridge.max_unregistered;
  out.limits.unregistered_per_ip = x.bridge.max_unregistered_per_ip;
  out.tls_handshake_timeout = to_ms(x.tls.handshake_timeout);
  out.http.max_header_bytes = x.http.max_header_bytes;
  out.http.max_body_bytes = x.http.max_body_bytes;
  out.http.request_timeout = to_ms(x.http.request_timeout);
  out.http.idle_timeout = to_ms(x.http.idle_timeout);
  out.http.stream_buffer_bytes = x.events.sse_buffer_bytes;
  return out;
}

actors::agent_options make_agent_options(const config& x) {
  actors::agent_options out;
  out.register_timeout = to_ms(x.bridge.register_timeout);
  out.max_pending = x.bridge.max_pending_per_agent;
  out.liveness.timeout = to_ms(x.heartbeat.timeout);
  out.liveness.adaptive = x.heartbeat.adaptive;
  out.session.max_frame = x.bridge.max_frame_bytes;
  out.session.queue_bytes = x.bridge.write_queue_bytes;
  out.session.queue_frames = x.bridge.write_queue_frames;
  out.session.ping_interval = to_ms(x.bridge.ping_interval);
  return out;
}

actors::control_options make_control_options(const config& x) {
  actors::control_options out;
  out.max_content = x.dispatch.max_content_chars;
  out.default_timeout = to_ms(x.dispatch.timeout);
  out.max_in_flight = x.control.max_in_flight;
  out.session.max_frame = x.http.max_body_bytes;
  out.session.queue_bytes = x.control.write_queue_bytes;
  out.session.queue_frames = x.control.write_queue_frames;
  out.session.ping_interval = to_ms(x.bridge.ping_interval);
  out.control_session = protocol::session_id{protocol::make_uuid()};
  return out;
}

actors::supervisor_options make_supervisor_options(const config& x) {
  actors::supervisor_options out;
  out.monitor.tick = to_ms(x.heartbeat.tick);
  out.events.streams.per_agent = x.events.history_per_agent;
  out.events.streams.total_bytes = x.events.history_bytes;
  out.events.dispatches.finished = x.events.finished_dispatches;
  out.events.dispatches.finished_bytes = x.events.history_bytes;
  return out;
}

std::size_t count_io_threads(const config& x) {
  if (x.server.io_threads > 0)
    return x.server.io_threads;
  return std::max(1U, std::thread::hardware_concurrency());
}

} // namespace bridgekeeper::app
