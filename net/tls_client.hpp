#pragma once

// Private to this room: TLS for `client_stream`.

#include "net/endpoint.hpp"
#include "net/peer_stream.hpp"
#include "net/tls_context.hpp"
#include "net/websocket_client.hpp"

#include <optional>
#include <string>

namespace bridgekeeper::net {

class client_stream;

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

/// A client's end of TLS: switches a stream to TLS and verifies the server.
class tls_client {
public:
  /// Reads the files that the options name. If one cannot be read, `secure`
  /// fails, and `explanation` says why.
  tls_client(client_stream& stream, const client_tls_options& options);

  tls_client(const tls_client&) = delete;
  tls_client& operator=(const tls_client&) = delete;

  /// Performs the handshake, through the proxy if there is one. Called once,
  /// when the socket is connected. May call `proceed` at once. `server` must
  /// live until then.
  void secure(const endpoint& server, peer_stream::completion_handler proceed);

  /// Why `secure` failed, if there is more to say than the error code does;
  /// otherwise empty.
  [[nodiscard]] const std::string& explanation() const noexcept {
    return problem_;
  }

private:
  using error_code = boost::system::error_code;

  void shake_hands(const endpoint& server,
                   peer_stream::completion_handler proceed);

  /// Sets the expected server; must be called before the handshake.
  void expect(tls_stream& stream, const endpoint& whom);

  /// Whether the handshake, which ended with `outcome`, was with the expected
  /// server. Must be called after it, before anything is sent.
  [[nodiscard]] error_code check(tls_stream& stream, error_code outcome);

  client_identity identity_;
  std::optional<client_proxy> proxy_;
  std::string problem_;
  client_stream& stream_;
};

} // namespace bridgekeeper::net
