#include "net/beast_websocket_session.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace bridgekeeper::net {

namespace websocket = boost::beast::websocket;

using boost::system::error_code;

namespace {

/// An empty read buffer larger than this is released, so that idle connections
/// use little memory even after a large frame.
constexpr std::size_t kept_read_buffer = 1024;

/// The size of a read for a message that counts against a budget, and the delay
/// before a message that found the budget exhausted retries.
constexpr std::size_t budgeted_piece = 16 * kibibyte;
constexpr auto budget_retry = std::chrono::milliseconds{50};

session_end closed_by_peer(unsigned code, std::string_view reason) {
  auto out = "closed by peer with " + std::to_string(code);
  if (!reason.empty())
    out.append(" ").append(reason);
  return {errc::peer_closed, std::move(out), code};
}

const boost::system::error_category& stream_error_category() {
  static const error_code sample = websocket::error::closed;
  return sample.category();
}

} // namespace

void beast_websocket_session::pause_reading() {
  paused_ = true;
  // The peer cannot make progress while reading is paused.
  if (input_watch_)
    input_watch_->rest();
}

void beast_websocket_session::resume_reading() {
  if (std::exchange(paused_, false) && !options_.peer_may_pause)
    resumed_ = deadlines_.now();
  if (!stream_.is_message_done())
    watch_input();
  read_next();
}

void beast_websocket_session::hold_frame() {
  holds_frame_ = true;
}

void beast_websocket_session::release_frame() {
  // A frame that is being delivered is returned to the budget after the call.
  if (std::exchange(holds_frame_, false) && !delivering_)
    share_.give_back();
}

void beast_websocket_session::accept_frames_up_to(std::size_t bytes) {
  share_.leave();
  options_.max_frame = bytes;
  stream_.read_message_max(bytes);
}

void beast_websocket_session::read_next() {
  if (reading_ || delivering_ || paused_ || !accepted_ || phase_ != phase::open)
    return;
  auto is_counted = share_.is_counted();
  if (is_counted && !share_.grow_to(budgeted_bytes()))
    return read_later();
  reading_ = true;
  // Read in pieces, so that every byte of a slow large frame is a sign of
  // life.
  stream_.async_read_some(
      buffer_, is_counted ? budgeted_piece : 0,
      [self = shared_from_this()](error_code error, std::size_t size) {
        self->on_read(error, size);
      });
}

std::size_t beast_websocket_session::budgeted_bytes() const {
  auto size = buffer_.size() + budgeted_piece;
  return size - std::min(size, options_.unbudgeted_bytes);
}

void beast_websocket_session::read_later() {
  if (!budget_deadline_)
    budget_deadline_ =
        std::make_unique<deadline>(deadlines_, [this] { read_next(); });
  budget_deadline_->arm(budget_retry);
}

void beast_websocket_session::on_read(error_code error, std::size_t size) {
  reading_ = false;
  if (error)
    return on_read_error(error);
  last_inbound_ = deadlines_.now();
  received_ += size;
  if (!stream_.is_message_done()) {
    watch_input();
  } else {
    deliver();
  }
  read_next();
}

void beast_websocket_session::deliver() {
  auto bytes = buffer_.data();
  std::string_view payload{static_cast<const char*>(bytes.data()),
                           bytes.size()};
  // The owner reads from the buffer during the call, so it must not change.
  delivering_ = true;
  auto is_handled =
      phase_ != phase::open
      || owner_.call("the handling of a frame", [&](websocket_owner& owner) {
           owner.on_frame(payload, stream_.got_binary());
         });
  delivering_ = false;
  // After an exception, the owner is in an unknown state.
  if (!is_handled)
    give_up_owner();
  buffer_.consume(buffer_.size());
  if (buffer_.capacity() > kept_read_buffer)
    buffer_.shrink_to_fit();
  if (!holds_frame_)
    share_.give_back();
}

void beast_websocket_session::on_read_error(error_code error) {
  if (phase_ != phase::open)
    // The session's own close is in progress and reports through
    // `send_close_frame`.
    return;
  if (error == websocket::error::closed) {
    const auto& reason = stream_.reason();
    return finish(closed_by_peer(reason.code,
                                 {reason.reason.data(), reason.reason.size()}));
  }
  // Beast rejects some valid codes, but the reply was corrected.
  if (const auto* said = transport().closed_by_peer();
      error == websocket::error::bad_close_code && said
      && may_be_sent(said->code))
    return linger(closed_by_peer(said->code, said->reason));
  if (error == websocket::error::message_too_big
      || error == websocket::error::buffer_overflow)
    return linger(
        {errc::too_large,
         "frame over " + std::to_string(options_.max_frame) + " bytes"});
  if (error.category() == stream_error_category())
    return linger({errc::peer_closed, error.message()});
  finish({errc::peer_closed, error.message()});
}

} // namespace bridgekeeper::net
