#pragma once

// Part of net/websocket_session.cpp, the only file that includes it, so that
// the template is instantiated once, with all its parts.

#include "net/stream_websocket_session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <array>
#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;

using boost::system::error_code;

/// Frames are sent together until they reach this many bytes. Small frames thus
/// share a system call, and large ones do not become larger.
inline constexpr std::size_t write_batch = 64 * kibibyte;

template <class Stream>
void stream_websocket_session<Stream>::send(stream_text text) {
  if (phase_ != phase::open)
    return;
  queue_.push(std::move(text));
  tell_debt();
  was_full_ = was_full_ || is_full();
  if (!options_.peer_may_pause)
    watch_output();
  write_soon();
}

template <class Stream>
bool stream_websocket_session<Stream>::is_full() const {
  return queue_.bytes() > options_.queue_bytes
         || queue_.frames() > options_.queue_frames;
}

template <class Stream>
std::size_t stream_websocket_session<Stream>::queued_bytes() const {
  return queue_.bytes();
}

template <class Stream>
std::size_t stream_websocket_session<Stream>::queued_frames() const {
  return queue_.frames();
}

template <class Stream>
void stream_websocket_session<Stream>::write_now() {
  write_due_ = false;
  write_next();
}

template <class Stream>
void stream_websocket_session<Stream>::write_soon() {
  if (queue_.is_under_way() || !accepted_)
    return;
  if (queue_.bytes() >= write_batch)
    return write_next();
  if (!std::exchange(write_due_, true))
    turns_.put_off(this->shared_from_this());
}

template <class Stream>
void stream_websocket_session<Stream>::write_next() {
  if (queue_.is_under_way() || !accepted_)
    return;
  hand_over(write_batch);
  if (phase_ == phase::closing && !queue_.is_under_way())
    send_close_frame();
}

template <class Stream>
void stream_websocket_session<Stream>::hand_over(std::size_t limit) {
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
        [self = this->shared_from_this(), batch](error_code error) {
          self->on_written(batch, error);
        });
}

template <class Stream>
void stream_websocket_session<Stream>::write(const stream_text& frame,
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

template <class Stream>
void stream_websocket_session<Stream>::on_written(
    const frame_queue::batch& batch, error_code error) {
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

template <class Stream>
void stream_websocket_session<Stream>::tell_room() {
  if (!was_full_ || is_full())
    return;
  was_full_ = false;
  if (phase_ == phase::open
      && !owner_.call("the resumption of writing to a WebSocket",
                      [](websocket_owner& owner) { owner.on_room(); }))
    give_up_owner();
}

// -- pending output -----------------------------------------------------------

template <class Stream>
void stream_websocket_session<Stream>::tell_debt() {
  if (account_)
    account_->owe(queue_.bytes() - queue_.shared(), queue_.shared());
}

template <class Stream>
void stream_websocket_session<Stream>::close_account() {
  queue_.drop_waiting();
  queue_.stop_counting();
  account_.reset();
}

template <class Stream>
void stream_websocket_session<Stream>::on_evicted() {
  close_account();
  close(protocol::make_close_reason(errc::output_budget), errc::output_budget);
}

} // namespace bridgekeeper::net
