#pragma once

// Private to this room: TLS for `websocket_connection`.

#include "net/tls_context.hpp"
#include "net/websocket_client.hpp"

#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <string>
#include <utility>

namespace bridgekeeper::net {

/// The servers that a client trusts, read from the files named in its options.
struct client_identity {
  tls_context_ptr context;
  /// Fingerprint of the only accepted certificate, in the format of
  /// `certificate_facts`; empty if the certificate's CA and name are verified
  /// instead.
  std::string pinned;
  /// A sentence that says what could not be read; every handshake fails with
  /// it.
  std::string problem;
};

[[nodiscard]] client_identity make_client_tls(const client_tls_options& x);

/// A client's end of TLS over TCP.
class tls_client_stream
  : public boost::asio::ssl::stream<boost::beast::tcp_stream> {
  using base = boost::asio::ssl::stream<boost::beast::tcp_stream>;

public:
  tls_client_stream(boost::asio::io_context& context, client_identity identity)
    : base(context, *identity.context), identity_(std::move(identity)) {}

  /// Sets the expected server; must be called before the handshake.
  void expect(const endpoint& whom);

  /// Whether the handshake, which ended with `outcome`, was with the expected
  /// server. Must be called after it, before anything is sent.
  [[nodiscard]] boost::system::error_code
  check(boost::system::error_code outcome);

  /// Why a handshake failed, in words for people; empty if the error code says
  /// it all.
  [[nodiscard]] std::string explain() const {
    return problem_;
  }

  [[nodiscard]] bool is_usable() const {
    return identity_.problem.empty();
  }

  /// Beast finds this overload only by the exact type.
  template <class Handler>
  friend void async_teardown(boost::beast::role_type role,
                             tls_client_stream& stream, Handler&& handler) {
    boost::beast::async_teardown(role, static_cast<base&>(stream),
                                 std::forward<Handler>(handler));
  }

private:
  client_identity identity_;
  std::string problem_ = identity_.problem;
};

/// For `websocket_connection`: performs the handshake, then calls `proceed`.
template <class Handler>
void secure(tls_client_stream& stream, const endpoint& server,
            Handler&& proceed) {
  if (!stream.is_usable())
    return proceed(make_error_code(boost::system::errc::invalid_argument));
  stream.expect(server);
  stream.async_handshake(tls_client_stream::client,
                         [&stream, proceed = std::forward<Handler>(proceed)](
                             boost::system::error_code error) mutable {
                           proceed(stream.check(error));
                         });
}

inline std::string explanation(const tls_client_stream& stream) {
  return stream.explain();
}

} // namespace bridgekeeper::net
