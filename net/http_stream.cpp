#include "net/http_stream.hpp"

#include "net/client_stream.hpp"
#include "net/socket_file.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/optional.hpp>

#include <array>
#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

/// Kept alive by its operations, which end when the socket is closed.
class http_stream::connection
  : public std::enable_shared_from_this<http_stream::connection> {
  using error_code = boost::system::error_code;
  using step = void (connection::*)(error_code);

  /// Continues unless the stream has ended.
  auto then(step next) {
    return [self = shared_from_this(), next](error_code ec, const auto&...) {
      if (!self->has_ended_)
        (*self.*next)(ec);
    };
  }

public:
  connection(asio::io_context& context, http_call_options options,
             handlers callbacks)
    : options_(std::move(options)), handlers_(std::move(callbacks)),
      stream_(context, options_.tls), resolver_(context), deadline_(context) {}

  void start() {
    limit(options_.connect_timeout);
    if (options_.server.is_local()) {
      error_code ec;
      auto descriptor = connect_to_file(options_.server.path, ec);
      // A TCP stream also works for a socket file.
      if (!ec)
        stream_.socket().assign(tcp::v4(), descriptor, ec);
      // The handlers must not be called within this call.
      return asio::post(stream_.get_executor(),
                        [self = shared_from_this(), ec] {
                          if (!self->has_ended_)
                            self->on_connected(ec);
                        });
    }
    const auto& hop = first_hop(options_.server, options_.tls);
    resolver_.async_resolve(
        hop.host, std::to_string(hop.port),
        [self = shared_from_this(),
         &hop](error_code ec, const tcp::resolver::results_type& found) {
          if (self->has_ended_)
            return;
          if (ec)
            return self->fail("cannot look up " + hop.host + ": "
                              + ec.message());
          asio::async_connect(self->stream_.socket(), found,
                              self->then(&connection::on_connected));
        });
  }

  void close() {
    has_ended_ = true;
    handlers_ = {};
    deadline_.cancel();
    resolver_.cancel();
    error_code ignored;
    stream_.socket().close(ignored);
  }

private:
  void on_connected(error_code ec) {
    if (auto proxy = proxy_in_words(options_.tls); ec && !proxy.empty())
      return fail(proxy + ": " + ec.message());
    if (ec)
      return fail(ec);
    stream_.secure(options_.server, then(&connection::on_secured));
  }

  void on_secured(error_code ec) {
    if (ec) {
      auto why = stream_.explanation();
      out_.untrusted = !why.empty();
      return why.empty() ? fail(ec) : fail(std::move(why));
    }
    request_ = {http::verb::get, options_.target, 11};
    request_.set(http::field::host, options_.server.is_local()
                                        ? "localhost"
                                        : to_string(options_.server));
    request_.set(http::field::user_agent, "bridgekeeper");
    request_.set(http::field::connection, "close");
    if (options_.authorization)
      request_.set(http::field::authorization, *options_.authorization);
    http::async_write(stream_, request_, then(&connection::on_sent));
  }

  void on_sent(error_code ec) {
    if (ec)
      return fail(ec);
    limit(options_.response_timeout);
    response_.body_limit(boost::none);
    http::async_read_header(stream_, buffer_, response_,
                            then(&connection::on_head));
  }

  void on_head(error_code ec) {
    if (ec)
      return fail(ec);
    out_.status = response_.get().result_int();
    read();
  }

  void read() {
    if (response_.is_done())
      return complete();
    limit(options_.response_timeout);
    response_.get().body().data = piece_.data();
    response_.get().body().size = piece_.size();
    http::async_read_some(stream_, buffer_, response_,
                          then(&connection::on_body));
  }

  void on_body(error_code ec) {
    auto size = piece_.size() - response_.get().body().size;
    if (ec == http::error::need_buffer)
      ec = {};
    std::string_view piece{piece_.data(), size};
    if (out_.status != 200)
      text_.append(piece);
    else if (size > 0)
      // A copy, because the handler may close the stream.
      if (auto pass = handlers_.on_data)
        pass(piece);
    if (has_ended_)
      return;
    if (ec)
      return fail(ec);
    if (text_.size() > options_.max_response_bytes)
      return fail("the response is too large");
    read();
  }

  void complete() {
    out_.is_complete = true;
    finish(std::move(text_));
  }

  void limit(std::chrono::milliseconds wait) {
    deadline_.cancel();
    if (wait <= std::chrono::milliseconds{0})
      return;
    deadline_.expires_after(wait);
    deadline_.async_wait([self = shared_from_this()](error_code ec) {
      if (!ec && !self->has_ended_)
        self->fail("the server has sent nothing for too long");
    });
  }

  void fail(error_code ec) {
    auto was_cut_off = ec == asio::error::eof
                       || ec == http::error::end_of_stream
                       || ec == http::error::partial_message;
    finish(was_cut_off ? "the connection was cut off" : ec.message());
  }

  void fail(std::string text) {
    finish(std::move(text));
  }

  void finish(std::string text) {
    out_.text = std::move(text);
    auto tell = std::move(handlers_.on_end);
    close();
    if (tell)
      tell(out_);
  }

  http_call_options options_;
  handlers handlers_;
  client_stream stream_;
  tcp::resolver resolver_;
  asio::steady_timer deadline_;
  http::request<http::empty_body> request_;
  boost::beast::flat_buffer buffer_;
  http::response_parser<http::buffer_body> response_;
  std::array<char, 64 * 1024> piece_{};
  /// The body of a response other than 200.
  std::string text_;
  http_stream_end out_;
  bool has_ended_ = false;
};

http_stream::http_stream(asio::io_context& context, http_call_options options,
                         handlers callbacks)
  : connection_(std::make_shared<connection>(context, std::move(options),
                                             std::move(callbacks))) {}

http_stream::~http_stream() {
  close();
}

void http_stream::start() {
  connection_->start();
}

void http_stream::close() {
  connection_->close();
}

} // namespace bridgekeeper::net
