#include "net/http_call.hpp"

#include "net/http_client_steps.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <utility>

namespace bridgekeeper::net {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

/// One call. Everything runs within `run`, which ends when no operation is left
/// because the socket was closed.
class single_call {
  using error_code = boost::system::error_code;

  using step = void (single_call::*)(error_code);

  /// Continues unless the call has ended.
  auto then(step next) {
    return [this, next](error_code ec, const auto&...) {
      if (!has_ended_)
        (this->*next)(ec);
    };
  }

public:
  single_call(http::verb method, http_call_options options)
    : method_(method), options_(std::move(options)),
      stream_(context_, options_.tls) {}

  http_reply run() {
    limit(options_.connect_timeout);
    stream_.open(options_.server, then(&single_call::on_opened));
    context_.run();
    return std::move(out_);
  }

private:
  void on_opened(error_code ec) {
    if (ec) {
      const auto& why = stream_.obstacle();
      out_.untrusted = why.untrusted;
      return why.what.empty() ? fail(ec) : finish(why.what);
    }
    request_ = {method_, options_.target, 11, options_.body};
    request_.set(http::field::host, options_.server.is_local()
                                        ? "localhost"
                                        : to_string(options_.server));
    request_.set(http::field::user_agent, "bridgekeeper");
    if (method_ == http::verb::post)
      request_.set(http::field::content_type, "application/json");
    request_.set(http::field::connection, "close");
    if (options_.authorization)
      request_.set(http::field::authorization, *options_.authorization);
    request_.prepare_payload();
    send_request(stream_, request_, then(&single_call::on_sent));
  }

  void on_sent(error_code) {
    // The server may have rejected the request before it read all of it, so
    // its response is read even if the rest could not be sent.
    limit(options_.response_timeout);
    response_.body_limit(options_.max_response_bytes);
    receive_header(stream_, buffer_, response_,
                   then(&single_call::on_received));
  }

  void on_received(error_code ec) {
    if (ec)
      return fail(ec);
    if (!response_.is_done())
      return receive_some(stream_, buffer_, response_,
                          then(&single_call::on_received));
    out_.status = response_.get().result_int();
    finish(std::move(response_.get().body()));
  }

  void limit(std::chrono::milliseconds wait) {
    deadline_.cancel();
    if (wait <= std::chrono::milliseconds{0})
      return;
    deadline_.expires_after(wait);
    deadline_.async_wait([this](error_code ec) {
      if (!ec && !has_ended_)
        finish("the server did not respond in time");
    });
  }

  void fail(error_code ec) {
    auto was_cut_off =
        ec == asio::error::eof || ec == http::error::end_of_stream;
    finish(was_cut_off ? "the connection was cut off" : ec.message());
  }

  void finish(std::string text) {
    has_ended_ = true;
    out_.text = std::move(text);
    deadline_.cancel();
    stream_.close();
  }

  http::verb method_;
  http_call_options options_;
  asio::io_context context_{1};
  client_stream stream_;
  asio::steady_timer deadline_{context_};
  client_request request_;
  boost::beast::flat_buffer buffer_;
  http::response_parser<http::string_body> response_;
  http_reply out_;
  bool has_ended_ = false;
};

} // namespace

http_reply get_json(http_call_options options) {
  options.body.clear();
  return single_call{http::verb::get, std::move(options)}.run();
}

http_reply post_json(http_call_options options) {
  return single_call{http::verb::post, std::move(options)}.run();
}

} // namespace bridgekeeper::net
