#include "net/tls_handshake.hpp"

#include "log/log_line.hpp"
#include "net/http_text.hpp"
#include "net/session_steps.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

/// The first byte of a record with a handshake message (RFC 8446, 5.1).
constexpr unsigned char handshake_record = 0x16;

/// Time for the peer to read why it was rejected.
constexpr auto linger_time = std::chrono::seconds{2};

std::string speaks_tls_text() {
  return response_text(
      refusal(
          {errc::bad_request, "This port speaks TLS: use https:// or wss://"}),
      11, false, false);
}

class tls_handshake : public std::enable_shared_from_this<tls_handshake> {
public:
  tls_handshake(connection peer, asio::ssl::context& context,
                deadline_queue& deadlines,
                std::shared_ptr<failure_quota> log_lines,
                std::function<void(connection)> on_done)
    : peer_(std::move(peer)), deadlines_(deadlines),
      log_lines_(std::move(log_lines)), on_done_(std::move(on_done)),
      deadline_(deadlines, [this] { on_deadline(); }) {
    peer_.stream.begin_tls(context);
  }

  void start(std::chrono::milliseconds limit) {
    deadline_.arm(limit);
    // Peek at the first byte and leave it for the handshake to read.
    peer_.stream.socket().async_receive(
        asio::buffer(buffer_.data(), 1), tcp_socket::message_peek,
        [self = shared_from_this()](error_code error, std::size_t) {
          self->on_first_byte(error);
        });
  }

private:
  void on_first_byte(error_code error) {
    if (ended_)
      return;
    if (error)
      return fail(error.message());
    if (static_cast<unsigned char>(buffer_[0]) != handshake_record)
      return tell_in_plain();
    peer_.stream.shake_hands(tls_stream::server,
                             [self = shared_from_this()](error_code failed) {
                               self->on_handshake(failed);
                             });
  }

  void on_handshake(error_code error) {
    if (ended_)
      return;
    if (error)
      return fail(error.message());
    ended_ = true;
    deadline_.disarm();
    auto done = std::move(on_done_);
    done(std::move(peer_));
  }

  void on_deadline() {
    if (!lingering_)
      log_failure("it was not complete in time");
    finish();
  }

  // -- failures ---------------------------------------------------------------

  /// A single write that fits the socket's empty buffer, so nothing has to wait
  /// for it.
  void tell_in_plain() {
    auto text = speaks_tls_text();
    error_code ignored;
    auto& socket = peer_.stream.socket();
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(text), ignored);
    fail("the peer does not speak TLS");
  }

  /// Gives the peer a little time to read the alert or the response: closing a
  /// socket with unread input would reset the connection before that.
  void fail(const std::string& why) {
    log_failure(why);
    lingering_ = true;
    on_done_ = {};
    error_code ignored;
    peer_.stream.socket().shutdown(tcp_socket::shutdown_send, ignored);
    deadline_.arm(linger_time);
    discard_input(peer_.stream.socket(), asio::buffer(buffer_),
                  [self = shared_from_this()](error_code error) {
                    if (error && !self->ended_)
                      self->finish();
                    return !self->ended_;
                  });
  }

  void log_failure(std::string_view why) const {
    if (log::is_on(log::level::debug)
        && log_lines_->admit(peer_.peer_ip, "tls", why, deadlines_.now()))
      log::line(log::level::debug, {.peer = peer_.peer_ip},
                "a TLS handshake failed: {}", why);
  }

  void finish() {
    auto keep = shared_from_this();
    ended_ = true;
    deadline_.disarm();
    on_done_ = {};
    error_code ignored;
    // Release the place first, because it may shut down the descriptor for as
    // long as it lives.
    peer_.place.reset();
    peer_.stream.socket().close(ignored);
    peer_.presence.reset();
  }

  connection peer_;
  deadline_queue& deadlines_;
  std::shared_ptr<failure_quota> log_lines_;
  std::function<void(connection)> on_done_;
  deadline deadline_;
  std::array<char, 256> buffer_{};
  bool lingering_ = false;
  bool ended_ = false;
};

} // namespace

void shake_hands(connection peer, const tls_context_ptr& context,
                 deadline_queue& deadlines, std::chrono::milliseconds limit,
                 std::shared_ptr<failure_quota> log_lines,
                 std::function<void(connection)> on_done) {
  auto shake =
      std::make_shared<tls_handshake>(std::move(peer), *context, deadlines,
                                      std::move(log_lines), std::move(on_done));
  shake->start(limit);
}

} // namespace bridgekeeper::net
