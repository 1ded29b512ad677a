#pragma once

// Private to this room: Beast is slow to compile, so no header used by other
// rooms includes this one.

#include "net/client_stream.hpp"
#include "net/socket_options.hpp"
#include "net/websocket_client.hpp"
#include "protocol/close_reason.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <deque>
#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

/// A message is sent in frames of this size, so that pings, pongs and close
/// frames need not wait for the whole of a large message (RFC 6455, 5.4). The
/// kernel may hold as many unsent bytes.
inline constexpr std::size_t fragment_bytes = std::size_t{64} * 1024;

/// Parses a Retry-After that is a number of seconds; returns nothing for a
/// date.
[[nodiscard]] std::optional<std::chrono::seconds>
parse_retry_after(std::string_view text);

/// Drives one connection. Pending operations keep it alive.
class websocket_client::connection
  : public std::enable_shared_from_this<connection> {
  using error_code = boost::system::error_code;
  using executor_type = asio::io_context::executor_type;

public:
  connection(asio::io_context& context, websocket_client_options options,
             websocket_client::handlers callbacks)
    : options_(std::move(options)), handlers_(std::move(callbacks)),
      deadline_(context), stream_(context, options_.tls) {}

  void start() {
    arm(options_.connect_timeout, "the server did not respond in time");
    transport().open(options_.server, then(&connection::on_opened));
  }

  bool send(std::string frame) {
    if (state_ != state::open || is_full(frame.size()))
      return false;
    queued_bytes_ += frame.size();
    queue_.push_back(std::move(frame));
    if (queue_.size() == 1)
      write();
    return true;
  }

  /// An empty queue accepts a frame of any size.
  [[nodiscard]] bool is_full(std::size_t more) const {
    return !queue_.empty()
           && (queue_.size() >= options_.max_queue_frames
               || queued_bytes_ + more > options_.max_queue_bytes);
  }

  void close(std::uint16_t code, std::string_view reason) {
    if (state_ == state::connecting)
      asio::post(stream_.get_executor(), [self = self()] {
        if (!self->ended_)
          self->finish("the attempt was aborted");
      });
    if (state_ != state::open)
      return;
    state_ = state::closing;
    auto text = protocol::cut_close_text(reason);
    close_reason_ = {static_cast<websocket::close_code>(code),
                     {text.data(), text.size()}};
    arm(options_.close_timeout, "the server did not close in time");
    if (queue_.empty())
      write_close();
  }

  void abandon() {
    ended_ = true;
    state_ = state::closing;
    deadline_.cancel();
    // Beast's timer outlives a failed upgrade and would keep the context
    // running.
    stream_.set_option(websocket::stream_base::timeout{
        websocket::stream_base::none(), websocket::stream_base::none(), false});
    transport().close();
  }

  [[nodiscard]] std::size_t queued_bytes() const noexcept {
    return queued_bytes_;
  }

private:
  enum class state { connecting, open, closing };

  std::shared_ptr<connection> self() {
    return this->shared_from_this();
  }

  client_stream& transport() {
    return stream_.next_layer();
  }

  using member = void (connection::*)(error_code);

  /// Calls a member unless the connection has ended. Nearly all operations
  /// use this type, because each further type of handler takes the compiler
  /// seconds.
  struct continuation {
    std::shared_ptr<connection> self;
    member next;

    template <class... Ts>
    void operator()(error_code error, Ts&&...) const {
      if (!self->ended_)
        (self.get()->*next)(error);
    }
  };

  continuation then(member next) {
    return {self(), next};
  }

  // -- opening ----------------------------------------------------------------

  /// The value of the Host header (RFC 9112, 3.2).
  [[nodiscard]] std::string host() const {
    return options_.server.is_local() ? "localhost"
                                      : to_string(options_.server);
  }

  void on_opened(error_code ec) {
    if (ec) {
      const auto& why = transport().obstacle();
      outcome_.untrusted = why.untrusted;
      return why.what.empty() ? fail({}, ec) : finish(why.what);
    }
    error_code ignored;
    auto& socket = transport().socket();
    socket.set_option(asio::ip::tcp::no_delay{true}, ignored);
    limit_unsent(socket.native_handle(), fragment_bytes);
    stream_.set_option(websocket::stream_base::timeout{
        options_.connect_timeout, options_.idle_timeout, true});
    stream_.set_option(websocket::stream_base::decorator(
        [authorization = options_.authorization](websocket::request_type& req) {
          req.set(beast::http::field::user_agent, "bridgekeeper");
          if (authorization)
            req.set(beast::http::field::authorization, *authorization);
        }));
    stream_.read_message_max(options_.max_frame_bytes);
    stream_.auto_fragment(true);
    stream_.write_buffer_bytes(fragment_bytes);
    stream_.async_handshake(answer_, host(), options_.target,
                            then(&connection::on_upgraded));
  }

  void on_upgraded(error_code ec) {
    if (ec == websocket::error::upgrade_declined) {
      outcome_.http_status = answer_.result_int();
      outcome_.retry_after =
          parse_retry_after(answer_[beast::http::field::retry_after]);
      return finish(std::move(answer_.body()));
    }
    if (ec)
      return fail("the upgrade failed", ec);
    deadline_.cancel();
    state_ = state::open;
    outcome_.was_open = true;
    read();
    call(handlers_.on_open);
  }

  // -- reading and writing ----------------------------------------------------

  void read() {
    stream_.async_read(buffer_, then(&connection::on_read));
  }

  void on_read(error_code ec) {
    // After the server's close frame, Beast also ends TLS and TCP. That fails
    // if the server was faster, but the server has said why it closes.
    const auto& said = stream_.reason();
    if (ec == websocket::error::closed || (ec && said)) {
      outcome_.code = said.code;
      return finish(std::string{said.reason.c_str()});
    }
    if (ec)
      return fail({}, ec);
    if (stream_.got_text()) {
      auto data = buffer_.cdata();
      call(
          handlers_.on_text,
          std::string_view{static_cast<const char*>(data.data()), data.size()});
    }
    buffer_.consume(buffer_.size());
    if (!ended_)
      read();
  }

  void write() {
    stream_.text(true);
    stream_.async_write(asio::buffer(queue_.front()),
                        then(&connection::on_written));
  }

  void on_written(error_code ec) {
    if (ec) {
      // Wait for the pending read, which may have a close frame with the real
      // reason.
      arm(options_.close_timeout, "the connection broke");
      return;
    }
    queued_bytes_ -= queue_.front().size();
    queue_.pop_front();
    if (!queue_.empty())
      return write();
    if (state_ == state::closing)
      return write_close();
    call(handlers_.on_drained);
  }

  // -- ending -----------------------------------------------------------------

  void write_close() {
    stream_.async_close(close_reason_, [self = self()](error_code ec) {
      if (!self->ended_)
        self->finish(ec ? ec.message() : std::string{"closed by the client"});
    });
  }

  void arm(std::chrono::milliseconds wait, const char* complaint) {
    deadline_.expires_after(wait);
    deadline_.async_wait([self = self(), complaint](error_code ec) {
      if (!ec && !self->ended_)
        self->finish(complaint);
    });
  }

  void fail(std::string what, error_code ec) {
    if (ec) {
      // Operations that this class aborts do not get here, so it was Beast's
      // timer.
      auto silent =
          ec == beast::error::timeout || ec == asio::error::operation_aborted;
      auto why = silent                   ? "the server stopped responding"
                 : ec == asio::error::eof ? "the connection was cut off"
                                          : ec.message();
      what += what.empty() ? why : ": " + why;
    }
    finish(std::move(what));
  }

  void finish(std::string reason) {
    outcome_.reason = std::move(reason);
    auto keep = self();
    abandon();
    if (handlers_.on_end)
      handlers_.on_end(outcome_);
  }

  /// Calls a handler. The handler may destroy the client: the handlers are
  /// stored here, and the calling operation keeps this object alive.
  template <class... Ts>
  void call(const std::function<void(Ts...)>& handler, Ts... xs) {
    if (handler)
      handler(xs...);
  }

  websocket_client_options options_;
  websocket_client::handlers handlers_;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>,
                             executor_type>
      deadline_;
  websocket::stream<client_stream, false> stream_;
  websocket::response_type answer_;
  beast::flat_buffer buffer_;
  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;
  state state_ = state::connecting;
  websocket::close_reason close_reason_;
  websocket_end outcome_;
  bool ended_ = false;
};

} // namespace bridgekeeper::net
