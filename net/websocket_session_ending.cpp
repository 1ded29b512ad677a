#include "net/beast_websocket_session.hpp"

#include <utility>

namespace bridgekeeper::net {

namespace websocket = boost::beast::websocket;

void beast_websocket_session::close(const protocol::close_reason& reason,
                                    errc why) {
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

void beast_websocket_session::abandon(const protocol::close_reason& reason,
                                      errc why) {
  // The owner may be on the call stack, so keep it until that has unwound.
  owner_.release();
  close(reason, why);
}

void beast_websocket_session::send_close_frame() {
  if (close_sent_)
    return;
  close_sent_ = true;
  stream_.async_close(ending_->said, [self = shared_from_this()](error_code) {
    self->finish(self->ending_->why);
  });
}

void beast_websocket_session::linger(const session_end& end) {
  phase_ = phase::closing;
  ending_ = std::make_unique<ending>();
  ending_->why = end;
  close_sent_ = true;
  queue_.drop_waiting();
  stop_watching();
  close_deadline_.arm(options_.close_timeout);
  tell_owner(end);
  transport().end_output(shared_from_this());
  discard_input(transport().socket(), boost::asio::buffer(ending_->discarded),
                [self = shared_from_this()](error_code error) {
                  if (self->phase_ == phase::ended)
                    return false;
                  if (error)
                    self->finish(self->ending_->why);
                  return !error;
                });
}

void beast_websocket_session::give_up_owner() {
  close(protocol::make_close_reason(errc::internal), errc::internal);
  tell_owner({errc::internal, {}});
}

void beast_websocket_session::tell_owner(const session_end& end) {
  owner_.end("the end of a WebSocket", end);
}

void beast_websocket_session::on_close_timeout() {
  if (!close_sent_ && queue_.bytes() > 0) {
    auto now = taken();
    auto before = std::exchange(taken_before_, now);
    if (now >= before + options_.pace.least(options_.close_timeout))
      return close_deadline_.arm(options_.close_timeout);
  }
  finish(ending_->why);
}

void beast_websocket_session::finish(const session_end& end) {
  if (phase_ == phase::ended)
    return;
  auto keep = shared_from_this();
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
