#pragma once

// Private to this room: TLS as `websocket_connection` speaks it.

#include "net/tls_context.hpp"
#include "net/websocket_client.hpp"

#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <string>
#include <utility>

namespace bridgekeeper::net {

/// Whom a client trusts, read from the files its options name.
struct client_identity {
  tls_context_ptr context;
  /// The only certificate that will do, in the form of `certificate_facts`;
  /// empty where signers and names decide.
  std::string pinned;
  /// What could not be read, in a sentence; every handshake fails with it.
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

  /// Says whom we expect; called before the handshake.
  void expect(const endpoint& whom);

  /// Whether the handshake, which ended with `outcome`, was one with whom we
  /// expect; called after it, before a byte is sent.
  [[nodiscard]] boost::system::error_code
  check(boost::system::error_code outcome);

  /// Why a handshake failed, in words for a person; empty where the error says
  /// it all.
  [[nodiscard]] std::string explain() const {
    return problem_;
  }

  [[nodiscard]] bool is_usable() const {
    return identity_.problem.empty();
  }

  /// Beast looks for this by the exact type.
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
