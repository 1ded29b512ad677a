#pragma once

// Part of net/websocket_session.cpp, the only file that includes it, so that
// the template is instantiated once, with all its parts.

#include "net/stream_websocket_session.hpp"

#include <utility>

namespace bridgekeeper::net {

namespace websocket = boost::beast::websocket;

using boost::system::error_code;

template <class Stream>
void stream_websocket_session<Stream>::close(
    const protocol::close_reason& reason, errc why) {
  if (phase_ != phase::open)
    return;
  phase_ = phase::closing;
  ending_ = std::make_unique<ending>();
  ending_->why = {why, reason.text};
  ending_->said = websocket::close_reason{
      static_cast<websocket::close_code>(reason.code), reason.text};
  stop_watching();
  if (queue_.bytes() > 0)
    taken_before_ = taken();
  close_deadline_.arm(options_.close_timeout);
  write_next();
}

template <class Stream>
void stream_websocket_session<Stream>::abandon(
    const protocol::close_reason& reason, errc why) {
  // The owner may be on the call stack, so keep it until that has unwound.
  owner_.release();
  close(reason, why);
}

template <class Stream>
void stream_websocket_session<Stream>::send_close_frame() {
  if (close_sent_)
    return;
  close_sent_ = true;
  stream_.async_close(ending_->said,
                      [self = this->shared_from_this()](error_code) {
                        self->finish(self->ending_->why);
                      });
}

template <class Stream>
void stream_websocket_session<Stream>::linger(const session_end& end) {
  phase_ = phase::closing;
  ending_ = std::make_unique<ending>();
  ending_->why = end;
  close_sent_ = true;
  queue_.drop_waiting();
  stop_watching();
  close_deadline_.arm(options_.close_timeout);
  tell_owner(end);
  end_output(transport(), this->shared_from_this());
  discard_input(socket_of(transport()), ending_->discarded,
                [self = this->shared_from_this()](error_code error) {
                  if (self->phase_ == phase::ended)
                    return false;
                  if (error)
                    self->finish(self->ending_->why);
                  return !error;
                });
}

template <class Stream>
void stream_websocket_session<Stream>::give_up_owner() {
  close(protocol::make_close_reason(errc::internal), errc::internal);
  tell_owner({errc::internal, {}});
}

template <class Stream>
void stream_websocket_session<Stream>::tell_owner(const session_end& end) {
  owner_.end("the end of a WebSocket", end);
}

template <class Stream>
void stream_websocket_session<Stream>::on_close_timeout() {
  if (!close_sent_ && queue_.bytes() > 0) {
    auto now = taken();
    auto before = std::exchange(taken_before_, now);
    if (now >= before + options_.pace.least(options_.close_timeout))
      return close_deadline_.arm(options_.close_timeout);
  }
  finish(ending_->why);
}

template <class Stream>
void stream_websocket_session<Stream>::finish(const session_end& end) {
  if (phase_ == phase::ended)
    return;
  auto keep = this->shared_from_this();
  phase_ = phase::ended;
  close_deadline_.disarm();
  stop_watching();
  budget_deadline_.reset();
  close_account();
  stream_.control_callback();
  transport().before_control({});
  close_connection(transport(), place_, presence_, keep);
  tell_owner(end);
}

} // namespace bridgekeeper::net
