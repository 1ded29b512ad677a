#include "app/bridge/bridge_link.hpp"

#include "app/bridge/link_verdict.hpp"
#include "app/text/quantity.hpp"
#include "app/text/utf8_text.hpp"
#include "domain/timestamp.hpp"
#include "log/log_line.hpp"
#include "protocol/codec.hpp"

#include <utility>

namespace bridgekeeper::app {

namespace {

/// The server must send its first frame within this time (contract section 1).
constexpr std::chrono::seconds register_timeout{10};

/// Limits of the write queue: a burst of short lines is many frames, and a
/// response may have several mebibytes.
constexpr std::size_t max_queue_frames = 65'536;
constexpr std::size_t max_queue_bytes = std::size_t{64} * 1024 * 1024;

/// The number of failures for a log line, because not every failure is logged.
std::string so_far(std::size_t failures) {
  return failures < 2 ? ""
                      : " (" + std::to_string(failures) + " failures so far)";
}

} // namespace

bridge_link::bridge_link(boost::asio::io_context& context,
                         bridge_link_options options, handlers callbacks)
  : context_(context), options_(std::move(options)),
    handlers_(std::move(callbacks)), timer_(context) {}

void bridge_link::start() {
  connect();
}

void bridge_link::stop(bool has_finished) {
  if (std::exchange(stopping_, true))
    return;
  timer_.cancel();
  if (client_)
    client_->close(has_finished ? 1000 : 1001, "Bridge stopped");
  else
    handlers_.on_over(exit_code::ok);
}

bool bridge_link::send(std::string frame) {
  return registered_ && client_->send(std::move(frame));
}

std::size_t bridge_link::queued_bytes() const noexcept {
  return client_ ? client_->queued_bytes() : 0;
}

// -- one connection -----------------------------------------------------------

void bridge_link::connect() {
  const auto& address = options_.access.address;
  net::websocket_client_options options;
  options.server = address.server;
  options.target = address.target("/ws/agent-bridge");
  options.tls = options_.access.tls;
  options.max_queue_frames = max_queue_frames;
  options.max_queue_bytes = max_queue_bytes;
  client_ = std::make_unique<net::websocket_client>(
      context_, std::move(options),
      net::websocket_client::handlers{
          [this] { on_open(); },
          [this](std::string_view frame) { on_text(frame); },
          [this] {
            if (registered_)
              handlers_.on_drained();
          },
          [this](const net::websocket_end& end) { on_end(end); }});
  client_->start();
}

void bridge_link::on_open() {
  auto announcement = options_.announcement;
  if (announcement.terms)
    handlers_.on_registering(*announcement.terms);
  problem_.clear();
  client_->send(protocol::encode(announcement));
  timer_.expires_after(register_timeout);
  timer_.async_wait([this](auto ec) {
    if (!ec)
      on_silence();
  });
}

void bridge_link::on_silence() {
  if (registered_ || stopping_ || !client_)
    return;
  auto why = to_string(options_.access.address.server)
             + " did not respond to the registration";
  if (!problem_.empty())
    why += " with a valid message: " + printable(problem_);
  reconnect(why, {});
}

void bridge_link::on_text(std::string_view frame) {
  auto message = protocol::decode(frame);
  if (!message) {
    if (!registered_ && problem_.empty())
      problem_ = to_string(message.error());
    // Newer protocol versions may have messages that this version does not
    // know.
    log::debug("ignored a frame: {}", to_string(message.error()));
    return;
  }
  std::visit([this](auto& x) { on_message(x); }, *message);
}

void bridge_link::on_message(const registered& x) {
  if (registered_)
    return;
  registered_ = true;
  terms_ = x.terms;
  away_for_.reset();
  backoff_.reset();
  auto failures = failures_.end();
  auto again = std::exchange(was_registered_, true);
  log::info("registered as {} at {} (session {}){}",
            options_.announcement.agent.str(),
            to_string(options_.access.address.server),
            printable(x.session.str()), connected_after(failures, again));
  beat();
  handlers_.on_registered(x);
}

void bridge_link::on_message(dispatch& x) {
  if (registered_ && !stopping_)
    handlers_.on_dispatch(std::move(x));
}

void bridge_link::on_message(const cancel_request& x) {
  if (registered_ && terms_)
    handlers_.on_cancel(x);
}

void bridge_link::on_message(const response_ack& x) {
  if (registered_ && terms_)
    handlers_.on_ack(x);
}

void bridge_link::on_message(const goaway_notice& x) {
  if (!registered_ || !terms_)
    return;
  log::info("{} will close the connection ({})",
            to_string(options_.access.address.server), printable(x.reason));
  away_for_ = x.reconnect_after;
}

void bridge_link::beat() {
  timer_.expires_after(terms_ ? terms_->heartbeat_interval
                              : options_.heartbeat);
  timer_.async_wait([this](auto ec) {
    if (ec || !registered_ || stopping_)
      return;
    send(protocol::encode(
        heartbeat{options_.announcement.agent, to_iso8601(wall_clock_now())}));
    beat();
  });
}

// -- between connections ------------------------------------------------------

void bridge_link::on_end(const net::websocket_end& end) {
  if (stopping_) {
    client_.reset();
    return handlers_.on_over(exit_code::ok);
  }
  auto verdict =
      judge(end, registered_, to_string(options_.access.address.server),
            options_.announcement.agent.str());
  if (!verdict.final)
    return reconnect(verdict.sentence, end.retry_after);
  log::error("{}", verdict.sentence);
  registered_ = false;
  timer_.cancel();
  client_.reset();
  stopping_ = true;
  handlers_.on_over(*verdict.final);
}

void bridge_link::reconnect(std::string_view why,
                            std::optional<std::chrono::seconds> stay_away) {
  client_.reset();
  auto was_registered = std::exchange(registered_, false);
  auto wait = next_wait(stay_away);
  auto level = failures_.add(why) ? log::level::warn : log::level::debug;
  log::line(level, {}, "{}; trying again in {:.1f} s{}", why,
            std::chrono::duration<double>{wait}.count(),
            so_far(failures_.count()));
  timer_.expires_after(wait);
  timer_.async_wait([this](auto ec) {
    if (!ec && !stopping_)
      connect();
  });
  // Last, so that the handler sees the link in its new state.
  if (was_registered)
    handlers_.on_lost();
}

std::chrono::milliseconds
bridge_link::next_wait(std::optional<std::chrono::seconds> stay_away) {
  if (auto least = std::exchange(away_for_, std::nullopt))
    return backoff_.after(*least);
  return backoff_.next(stay_away);
}

} // namespace bridgekeeper::app
