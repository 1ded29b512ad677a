#include "net/http_stream.hpp"

#include "net/http_client_steps.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/optional.hpp>

#include <array>
#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;
namespace http = boost::beast::http;

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
      stream_(context, options_.tls), deadline_(context) {}

  void start() {
    limit(options_.connect_timeout);
    stream_.open(options_.server, then(&connection::on_opened));
  }

  void close() {
    has_ended_ = true;
    handlers_ = {};
    deadline_.cancel();
    stream_.close();
  }

private:
  void on_opened(error_code ec) {
    if (ec) {
      const auto& why = stream_.obstacle();
      out_.untrusted = why.untrusted;
      return why.what.empty() ? fail(ec) : finish(why.what);
    }
    request_ = {http::verb::get, options_.target, 11};
    request_.set(http::field::host, options_.server.is_local()
                                        ? "localhost"
                                        : to_string(options_.server));
    request_.set(http::field::user_agent, "bridgekeeper");
    request_.set(http::field::connection, "close");
    if (options_.authorization)
      request_.set(http::field::authorization, *options_.authorization);
    send_request(stream_, request_, then(&connection::on_sent));
  }

  void on_sent(error_code ec) {
    if (ec)
      return fail(ec);
    limit(options_.response_timeout);
    response_.body_limit(boost::none);
    receive_header(stream_, buffer_, response_, then(&connection::on_head));
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
    receive_some(stream_, buffer_, response_, then(&connection::on_body));
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
  asio::steady_timer deadline_;
  client_request request_;
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
