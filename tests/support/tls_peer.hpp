#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace bridgekeeper::test {

/// The client's end of a TLS connection, made of OpenSSL alone. It trusts
/// anybody and reads and writes bytes; every call blocks, but no longer than a
/// test's patience lasts.
class tls_peer {
public:
  /// Connects to `port` of 127.0.0.1 and shakes hands. `prepare` may change
  /// what is offered.
  explicit tls_peer(std::uint16_t port,
                    const std::function<void(SSL_CTX&, SSL&)>& prepare = {});

  ~tls_peer();

  /// Whether the handshake succeeded; in TLS 1.3 the server may still object.
  [[nodiscard]] bool is_secured() const;

  /// Version, cipher, application protocol: `TLSv1.3 TLS_AES_… http/1.1`.
  [[nodiscard]] std::string agreement() const;

  /// SHA-256 of the server's certificate.
  [[nodiscard]] std::string fingerprint() const;

  /// False if the connection broke.
  bool write(std::string_view text);

  /// Reads up to and with `end`, or to the end.
  [[nodiscard]] std::string read_until(std::string_view end);

  /// Less where the connection ends before.
  [[nodiscard]] std::string read_exactly(std::size_t size);

  /// Reads until the server is done. True if it said so (close_notify), false
  /// if it was cut off.
  [[nodiscard]] bool read_to_farewell();

  [[nodiscard]] SSL& native() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Asks for `/` and returns the body, or nothing where the connection ends.
[[nodiscard]] std::string ask(tls_peer& peer);

} // namespace bridgekeeper::test
