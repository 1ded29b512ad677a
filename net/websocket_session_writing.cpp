#include "net/beast_websocket_session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <array>
#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;

namespace {

/// Frames are sent together until they reach this many bytes. Small frames thus
/// share a system call, and large ones do not become larger.
constexpr std::size_t write_batch = 64 * kibibyte;

} // namespace

void beast_websocket_session::send(stream_text text) {
  if (phase_ != phase::open)
    return;
  queue_.push(std::move(text));
  tell_debt();
  was_full_ = was_full_ || is_full();
  if (!options_.peer_may_pause)
    watch_output();
  write_soon();
}

bool beast_websocket_session::is_full() const {
  return queue_.bytes() > options_.queue_bytes
         || queue_.frames() > options_.queue_frames;
}

std::size_t beast_websocket_session::queued_bytes() const {
  return queue_.bytes();
}

std::size_t beast_websocket_session::queued_frames() const {
  return queue_.frames();
}

void beast_websocket_session::write_now() {
  write_due_ = false;
  write_next();
}

void beast_websocket_session::write_soon() {
  if (queue_.is_under_way() || !accepted_)
    return;
  if (queue_.bytes() >= write_batch)
    return write_next();
  if (!std::exchange(write_due_, true))
    turns_.put_off(shared_from_this());
}

void beast_websocket_session::write_next() {
  if (queue_.is_under_way() || !accepted_)
    return;
  hand_over(write_batch);
  if (phase_ == phase::closing && !queue_.is_under_way())
    send_close_frame();
}

void beast_websocket_session::hand_over(std::size_t limit) {
  if (!accepted_ || phase_ == phase::ended)
    return;
  auto batch = queue_.start(limit, [this](const stream_text& frame) {
    // After a close frame, the pending read will report why it was sent.
    error_code error = asio::error::shut_down;
    if (!transport().has_closed())
      write(frame, error);
    return !error;
  });
  if (batch.frames > 0)
    transport().async_flush(
        [self = shared_from_this(), batch](error_code error) {
          self->on_written(batch, error);
        });
}

void beast_websocket_session::write(const stream_text& frame,
                                    error_code& error) {
  // Fast path: nearly always there is only one buffer.
  if (!frame.body) {
    stream_.write(asio::buffer(frame.head), error);
    return;
  }
  transport().share(frame.body);
  stream_.write(std::array{asio::buffer(frame.head),
                           asio::buffer(frame.body->text),
                           asio::buffer(frame.tail)},
                error);
  transport().share(nullptr);
}

void beast_websocket_session::on_written(const frame_queue::batch& batch,
                                         error_code error) {
  queue_.settle(batch);
  tell_debt();
  if (!error) {
    write_next();
    return tell_room();
  }
  // If a close frame was sent, the peer may still be reading it.
  if (!close_sent_)
    finish(
        {ending_ ? ending_->why.reason : errc::peer_closed, error.message()});
}

void beast_websocket_session::tell_room() {
  if (!was_full_ || is_full())
    return;
  was_full_ = false;
  if (phase_ == phase::open
      && !owner_.call("the resumption of writing to a WebSocket",
                      [](websocket_owner& owner) { owner.on_room(); }))
    give_up_owner();
}

// -- pending output -----------------------------------------------------------

void beast_websocket_session::tell_debt() {
  if (account_)
    account_->owe(queue_.bytes() - queue_.shared(), queue_.shared());
}

void beast_websocket_session::close_account() {
  queue_.drop_waiting();
  queue_.stop_counting();
  account_.reset();
}

void beast_websocket_session::on_evicted() {
  close_account();
  close(protocol::make_close_reason(errc::output_budget), errc::output_budget);
}

} // namespace bridgekeeper::net
