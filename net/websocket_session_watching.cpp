#include "net/beast_websocket_session.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace bridgekeeper::net {

namespace {

constexpr std::string_view unfinished_text =
    "The message did not arrive in time";

} // namespace

std::size_t beast_websocket_session::taken() {
  auto handed = transport().handed();
  return handed - std::min(handed, unread());
}

void beast_websocket_session::watch_output() {
  if (!output_watch_)
    output_watch_ = std::make_unique<transfer_watch>(
        deadlines_,
        [this]() -> std::optional<std::size_t> {
          if (queue_.bytes() == 0)
            return std::nullopt;
          return taken();
        },
        [this] { drop_slow_peer(); });
  output_watch_->begin(options_.pace.stall_timeout, 1);
}

void beast_websocket_session::drop_slow_peer() {
  auto keep = shared_from_this();
  queue_.drop_waiting();
  close(protocol::make_close_reason(errc::overflow), errc::overflow);
}

void beast_websocket_session::watch_input() {
  if (!input_watch_)
    input_watch_ = std::make_unique<transfer_watch>(
        deadlines_,
        [this]() -> std::optional<std::size_t> {
          if (stream_.is_message_done())
            return std::nullopt;
          return received_;
        },
        [this] { on_input_stalled(); });
  const auto& pace = options_.pace;
  if (!paused_ && phase_ == phase::open)
    input_watch_->begin(pace.stall_timeout, pace.least(pace.stall_timeout));
}

void beast_websocket_session::on_input_stalled() {
  auto keep = shared_from_this();
  close(protocol::make_close_reason(errc::request_timeout, unfinished_text),
        errc::request_timeout);
}

void beast_websocket_session::ping() {
  if (phase_ != phase::open || !accepted_ || pinging_)
    return;
  pinging_ = true;
  stream_.async_ping(
      {}, [self = shared_from_this()](error_code) { self->pinging_ = false; });
}

void beast_websocket_session::on_silence() {
  auto interval = duration{options_.ping_interval};
  auto now = deadlines_.now();
  auto silent = now - std::max(last_inbound_, resumed_);
  if (silent < interval) {
    pinged_ = false;
    return ping_deadline_.arm(interval - silent);
  }
  // Any input since the first unanswered ping counts as its pong.
  if (!pinged_ || !owes_pong() || last_inbound_ >= owed_since_.when)
    owed_since_ = {now, transport().handed(), unread()};
  pinged_ = true;
  auto waited = now - owed_since_.when;
  auto timeout = duration{options_.pace.stall_timeout};
  if (waited >= timeout)
    return close(protocol::make_close_reason(errc::heartbeat_timeout),
                 errc::heartbeat_timeout);
  ping();
  ping_deadline_.arm(options_.peer_may_pause
                         ? interval
                         : std::min(interval, timeout - waited));
}

bool beast_websocket_session::owes_pong() {
  return !options_.peer_may_pause && !paused_ && queue_.bytes() == 0
         && !may_be_on_its_way();
}

bool beast_websocket_session::may_be_on_its_way() {
  auto waits = unread();
  if (waits == 0 || !is_over_file(transport().socket().native_handle()))
    return waits > 0;
  // The kernel counts the memory of waiting data, which is more than its
  // bytes, so compare changes instead of absolute values.
  return waits + owed_since_.handed < owed_since_.unread + transport().handed();
}

std::size_t beast_websocket_session::unread() {
  return unacknowledged_bytes(transport().socket().native_handle());
}

void beast_websocket_session::stop_watching() {
  ping_deadline_.disarm();
  if (output_watch_)
    output_watch_->rest();
  if (input_watch_)
    input_watch_->rest();
}

} // namespace bridgekeeper::net
