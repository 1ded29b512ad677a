#include "net/beast_http_session.hpp"
#include "net/http_text.hpp"
#include "net/socket_options.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <string>
#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;

void beast_http_session::begin_stream(http_response response) {
  if (phase_ != phase::answering)
    return;
  phase_ = phase::streaming;
  chunked_ = parser_->get().version() >= 11;
  account_ = open_account(options_.output, weak_from_this(),
                          peer_.stream.get_executor());
  output_.add_raw(stream_head_text(response, chunked_, response.is_last));
  limit_unacknowledged(peer_.stream.socket().native_handle(),
                       options_.stall_timeout);
  flush_stream();
  // The peer has already closed its side, so end the stream, but only after
  // this call has returned to the owner.
  if (silent_)
    deadline_.arm(std::chrono::milliseconds{0});
  else if (!reading_ahead_)
    watch_for_peer_close();
}

bool beast_http_session::write_stream(stream_text text) {
  if (phase_ != phase::streaming || leaving_ || is_complete_)
    return true;
  // If nothing is waiting, a text of any length is accepted.
  if (output_.waiting() > 0
      && output_.waiting() + text.size() > options_.stream_buffer_bytes) {
    refused_ = true;
    return false;
  }
  output_.add(text, chunked_);
  flush_stream();
  return true;
}

void beast_http_session::end_stream() {
  if (phase_ != phase::streaming || leaving_ || is_complete_)
    return;
  is_complete_ = true;
  if (chunked_)
    output_.add_raw(last_chunk);
  flush_stream();
  // If the peer has closed its side, the deadline ends the session: the owner
  // must not be called within this call.
  if (!writing_ && !silent_)
    linger();
}

void beast_http_session::note_backlog(std::size_t bytes) {
  if (std::exchange(backlog_, bytes) != bytes)
    tell_debt();
}

void beast_http_session::flush_stream() {
  tell_debt();
  if (writing_ || output_.waiting() == 0)
    return;
  writing_ = true;
  await_progress();
  auto on_written = [this](error_code error) { on_stream_written(error); };
  const auto& buffers = output_.start();
  // Fast path: nearly always there is only one buffer.
  if (buffers.size() == 1)
    write_all(asio::buffer(buffers.front()), on_written);
  else
    write_all(buffers, on_written);
}

void beast_http_session::await_progress() {
  if (phase_ != phase::streaming)
    return;
  progress_at_ = deadlines_.now();
  if (!deadline_.armed())
    deadline_.arm(options_.stall_timeout);
}

void beast_http_session::on_stall_check() {
  if (!writing_)
    return;
  auto idle = deadlines_.now() - progress_at_;
  if (idle >= options_.stall_timeout)
    return finish({errc::stalled, debt_text()});
  deadline_.arm(options_.stall_timeout - idle);
}

void beast_http_session::on_stream_written(error_code error) {
  writing_ = false;
  output_.settle();
  if (phase_ != phase::streaming)
    return;
  if (error || (leaving_ && output_.waiting() == 0))
    return finish(end_of_stream(error));
  if (is_complete_ && output_.waiting() == 0) {
    tell_debt();
    return linger();
  }
  flush_stream();
  if (std::exchange(refused_, false))
    call_owner([](http_owner& owner) { owner.on_writable(); });
}

session_end beast_http_session::end_of_stream(error_code error) const {
  if (error == asio::error::timed_out)
    return {errc::stalled, debt_text()};
  return {errc::peer_closed, error.message()};
}

void beast_http_session::watch_for_peer_close() {
  peer_.stream.async_read_some(
      asio::buffer(discarded_),
      [self = shared_from_this()](error_code error, std::size_t) {
        // A stream that is complete lingers, while this read goes on.
        if (error && self->phase_ == phase::lingering)
          return self->finish({errc::peer_closed, {}});
        if (self->phase_ != phase::streaming)
          return;
        if (error)
          return self->finish(self->end_of_stream(error));
        self->watch_for_peer_close();
      });
}

// -- unsent output ------------------------------------------------------------

void beast_http_session::tell_debt() {
  if (account_)
    account_->owe(output_.own(), output_.shared() + backlog_);
}

std::string beast_http_session::debt_text() const {
  return std::to_string(output_.own() + output_.shared() + backlog_)
         + " bytes were pending";
}

void beast_http_session::on_evicted() {
  finish({errc::output_budget, debt_text()});
}

} // namespace bridgekeeper::net
