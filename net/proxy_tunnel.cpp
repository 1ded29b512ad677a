#include "net/proxy_tunnel.hpp"

#include "net/http_client_steps.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <memory>
#include <utility>

namespace bridgekeeper::net {

namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

/// Errors whose values are the statuses of a proxy's responses.
class refusal_category : public boost::system::error_category {
public:
  [[nodiscard]] const char* name() const noexcept override {
    return "proxy";
  }

  [[nodiscard]] std::string message(int status) const override {
    auto out = "the proxy refused the connection (HTTP "
               + std::to_string(status) + ")";
    if (status == static_cast<int>(http::status::proxy_authentication_required))
      out += ". It wants a name and a password: "
             "HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT";
    return out;
  }
};

error_code refused(http::status status) {
  static const refusal_category category;
  return {static_cast<int>(status), category};
}

/// The request and its response; kept alive by its operations.
class tunnel : public std::enable_shared_from_this<tunnel> {
public:
  tunnel(client_stream& stream, const endpoint& server,
         const client_proxy& proxy, std::function<void(error_code)> done)
    : stream_(stream), done_(std::move(done)),
      request_(http::verb::connect, to_string(server), 11) {
    request_.set(http::field::host, to_string(server));
    request_.set(http::field::user_agent, "bridgekeeper");
    if (proxy.authorization)
      request_.set(http::field::proxy_authorization, *proxy.authorization);
    // A response to CONNECT has no body (RFC 9110, 9.3.6).
    response_.skip(true);
  }

  void start() {
    send_request(stream_, request_, [self = shared_from_this()](error_code ec) {
      ec ? self->done_(ec) : self->read();
    });
  }

private:
  void read() {
    // The server sends nothing until TLS begins, so no byte of it is lost in
    // the buffer.
    receive_header(
        stream_, buffer_, response_,
        [self = shared_from_this()](error_code ec) { self->on_response(ec); });
  }

  void on_response(error_code ec) {
    auto status = response_.get().result();
    if (!ec && http::to_status_class(status) != http::status_class::successful)
      ec = refused(status);
    done_(ec);
  }

  client_stream& stream_;
  std::function<void(error_code)> done_;
  client_request request_;
  boost::beast::flat_buffer buffer_;
  http::response_parser<http::empty_body> response_;
};

} // namespace

void open_tunnel(client_stream& stream, const endpoint& server,
                 const client_proxy& proxy,
                 std::function<void(error_code)> done) {
  std::make_shared<tunnel>(stream, server, proxy, std::move(done))->start();
}

} // namespace bridgekeeper::net
