#pragma once

// Part of net/websocket_session.cpp, the only file that includes it, so that
// the template is instantiated once, with all its parts.

#include "net/stream_websocket_session.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace bridgekeeper::net {

using boost::system::error_code;

inline constexpr std::string_view unfinished_text =
    "The message did not arrive in time";

template <class Stream>
std::size_t stream_websocket_session<Stream>::taken() {
  auto handed = transport().handed();
  return handed - std::min(handed, unread());
}

template <class Stream>
void stream_websocket_session<Stream>::watch_output() {
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

template <class Stream>
void stream_websocket_session<Stream>::drop_slow_peer() {
  auto keep = this->shared_from_this();
  queue_.drop_waiting();
  close(protocol::make_close_reason(errc::overflow), errc::overflow);
}

template <class Stream>
void stream_websocket_session<Stream>::watch_input() {
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

template <class Stream>
void stream_websocket_session<Stream>::on_input_stalled() {
  auto keep = this->shared_from_this();
  close(protocol::make_close_reason(errc::request_timeout, unfinished_text),
        errc::request_timeout);
}

template <class Stream>
void stream_websocket_session<Stream>::ping() {
  if (phase_ != phase::open || !accepted_ || pinging_)
    return;
  pinging_ = true;
  stream_.async_ping({}, [self = this->shared_from_this()](error_code) {
    self->pinging_ = false;
  });
}

template <class Stream>
void stream_websocket_session<Stream>::on_silence() {
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

template <class Stream>
bool stream_websocket_session<Stream>::owes_pong() {
  return !options_.peer_may_pause && !paused_ && queue_.bytes() == 0
         && !may_be_on_its_way();
}

template <class Stream>
bool stream_websocket_session<Stream>::may_be_on_its_way() {
  auto waits = unread();
  if (waits == 0 || !is_over_file(socket_of(transport()).native_handle()))
    return waits > 0;
  // The kernel counts the memory of waiting data, which is more than its
  // bytes, so compare changes instead of absolute values.
  return waits + owed_since_.handed < owed_since_.unread + transport().handed();
}

template <class Stream>
std::size_t stream_websocket_session<Stream>::unread() {
  return unacknowledged_bytes(socket_of(transport()).native_handle());
}

template <class Stream>
void stream_websocket_session<Stream>::stop_watching() {
  ping_deadline_.disarm();
  if (output_watch_)
    output_watch_->rest();
  if (input_watch_)
    input_watch_->rest();
}

} // namespace bridgekeeper::net
