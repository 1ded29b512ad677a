#include "net/beast_http_session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

/// Bytes to read at once while reading a header.
constexpr std::size_t first_read = 4 * kibibyte;

/// An unwanted body of up to this size is read anyway, because the connection
/// can then be reused.
constexpr std::size_t small_body = 4 * kibibyte;

constexpr std::string_view continue_text = "HTTP/1.1 100 Continue\r\n\r\n";

} // namespace

void beast_http_session::await_request() {
  phase_ = phase::reading;
  body_unread_ = false;
  may_skip_line_ = true;
  header_bytes_ = 0;
  extension_bytes_ = 0;
  head_.reset();
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(options_.max_header_bytes));
  parser_->body_limit(options_.max_body_bytes);
  parser_->on_chunk_header(on_chunk_);
  if (silent_)
    return finish(
        {errc::peer_closed, "the peer closed its side of the connection"});
  begin_request();
}

void beast_http_session::begin_request() {
  constexpr std::string_view empty_line = "\r\n";
  auto bytes = buffer_.data();
  std::string_view begun{static_cast<const char*>(bytes.data()),
                         std::min(bytes.size(), empty_line.size())};
  if (may_skip_line_ && !begun.empty() && empty_line.starts_with(begun)) {
    if (begun.size() < empty_line.size())
      return read_ahead();
    buffer_.consume(empty_line.size());
    may_skip_line_ = false;
  }
  if (buffer_.size() > 0)
    return read_request();
  read_ahead();
}

void beast_http_session::read_ahead() {
  if (std::exchange(reading_ahead_, true))
    return;
  peer_.stream.async_read_some(
      buffer_.prepare(first_read),
      [self = shared_from_this()](error_code error, std::size_t length) {
        self->reading_ahead_ = false;
        self->buffer_.commit(length);
        self->on_read_ahead(error);
      });
}

void beast_http_session::on_read_ahead(error_code error) {
  if (phase_ == phase::ended)
    return;
  if (error) {
    // Asio reports the end of input only once; another read would never
    // complete.
    silent_ = true;
    if (phase_ == phase::answering)
      return on_silence(error);
    return finish({errc::peer_closed, error.message()});
  }
  // During a response, the bytes belong to a request that has to wait.
  if (phase_ == phase::reading)
    return begin_request();
  if (phase_ == phase::streaming) {
    buffer_.consume(buffer_.size());
    watch_for_peer_close();
  }
}

void beast_http_session::on_silence(error_code error) {
  // If the peer has gone, the pending write fails.
  if (writing_)
    return;
  if (error != asio::error::eof)
    return finish({errc::peer_closed, error.message()});
  deadline_.arm(options_.request_timeout);
}

void beast_http_session::read_request() {
  deadline_.arm(options_.request_timeout);
  parse_header();
}

void beast_http_session::parse_header() {
  error_code error;
  auto taken = parser_->put(buffer_.data(), error);
  buffer_.consume(taken);
  header_bytes_ += taken;
  auto is_begun = error == http::error::need_more;
  if (header_bytes_ + (is_begun ? buffer_.size() : 0)
      > options_.max_header_bytes)
    error = http::error::header_limit;
  if (error != http::error::need_more)
    return on_header(error);
  peer_.stream.async_read_some(
      buffer_.prepare(first_read),
      [self = shared_from_this()](error_code failed, std::size_t length) {
        self->buffer_.commit(length);
        self->on_header_bytes(failed);
      });
}

void beast_http_session::on_header_bytes(error_code error) {
  if (phase_ != phase::reading)
    return;
  if (error)
    return on_read_error(error);
  parse_header();
}

void beast_http_session::on_header(error_code error) {
  if (phase_ != phase::reading)
    return;
  if (error)
    return on_read_error(error);
  const auto& header = parser_->get();
  if (auto fault = parsed_request{header, peer_.peer_ip}.fault())
    return refuse(*fault);
  if (parser_->is_done())
    return on_body({});
  // HTTP/1.0 has no 100 Continue (RFC 9110, 10.1.1).
  auto asks_first =
      header.version() >= 11
      && beast::iequals(header[http::field::expect], "100-continue");
  auto is_wanted = false;
  if (!ask_owner([&](http_owner& owner) {
        is_wanted =
            owner.wants_body(parsed_request{parser_->get(), peer_.peer_ip});
      }))
    return refuse({errc::internal, {}});
  if (!is_wanted && (asks_first || !is_body_small())) {
    body_unread_ = true;
    return on_body({});
  }
  if (asks_first)
    return write_continue();
  read_body();
}

bool beast_http_session::is_body_small() const {
  auto length = parser_->content_length();
  return length && *length <= small_body;
}

void beast_http_session::write_continue() {
  asio::async_write(
      peer_.stream, asio::buffer(continue_text),
      [self = shared_from_this()](error_code error, std::size_t) {
        if (error)
          return self->finish({errc::peer_closed, error.message()});
        self->read_body();
      });
}

void beast_http_session::read_body() {
  if (phase_ != phase::reading)
    return;
  if (parser_->chunked()) {
    head_ = parser_->get().base();
    // The parser needs a chunk header, or all trailers, in one piece.
    buffer_.max_size(std::max(options_.max_header_bytes, buffer_.size()));
  }
  watch(options_.request_timeout);
  http::async_read(peer_.stream, buffer_, *parser_,
                   [self = shared_from_this()](error_code err, std::size_t) {
                     self->on_body(err);
                   });
}

void beast_http_session::drop_trailers() {
  if (auto head = std::exchange(head_, std::nullopt))
    parser_->get().base() = std::move(*head);
}

void beast_http_session::count(beast::string_view extensions,
                               error_code& error) {
  extension_bytes_ += extensions.size();
  if (extension_bytes_ > options_.max_header_bytes)
    error = http::error::header_limit;
}

void beast_http_session::on_body(error_code error) {
  if (phase_ != phase::reading)
    return;
  drop_trailers();
  buffer_.max_size(std::numeric_limits<std::size_t>::max());
  if (error)
    return on_read_error(error);
  deadline_.disarm();
  watch_.rest();
  phase_ = phase::answering;
  parsed_request request{parser_->get(), peer_.peer_ip};
  auto is_upgrade = request.is_websocket_upgrade();
  if (is_upgrade && (buffer_.size() > 0 || body_unread_))
    // Bytes after the request would be lost in the hand-over. No client sends
    // any.
    return refuse({errc::bad_request, {}});
  if (is_upgrade)
    if (auto fault = request.upgrade_fault())
      return refuse(*fault);
  call_owner([&](http_owner& owner) { owner.on_request(request); });
  // Do not hold the body in memory while the response is awaited.
  if (phase_ == phase::answering && !is_upgrade)
    drop_body();
  if (phase_ == phase::answering && !writing_ && !is_upgrade && !body_unread_
      && buffer_.size() == 0)
    read_ahead();
}

void beast_http_session::drop_body() {
  if (!std::exchange(is_body_kept_, false))
    std::string{}.swap(parser_->get().body());
}

void beast_http_session::on_read_error(error_code error) {
  if (error == http::error::header_limit
      || error == http::error::buffer_overflow)
    return refuse({errc::header_too_large, {}});
  if (error == http::error::body_limit)
    return refuse({errc::too_large, {}});
  if (error == http::error::end_of_stream
      || error == http::error::partial_message
      || error.category()
             != make_error_code(http::error::bad_method).category())
    return finish({errc::peer_closed, error.message()});
  refuse({errc::bad_request, {}});
}

} // namespace bridgekeeper::net
