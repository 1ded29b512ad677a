#pragma once

#include <chrono>
#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
} // namespace boost::asio::ssl

namespace bridgekeeper::net {

/// Whether those who connect show a certificate of their own.
enum class client_certificates {
  /// They are not asked for one.
  off,
  /// They may; one that cannot be verified ends the handshake.
  optional,
  /// The handshake fails without.
  required,
};

/// What a server's TLS is made from. Paths of PEM files.
struct server_tls_options {
  /// The certificate, followed by the intermediate ones.
  std::string certificate;
  std::string key;
  /// Whose certificates are accepted from clients. Must be set unless clients
  /// are not asked.
  std::string client_ca;
  client_certificates clients = client_certificates::off;
  /// Not even TLS 1.2.
  bool only_tls_1_3 = false;
};

/// Certificate, key and rules of TLS, shared by the connections that are made
/// with it. Not changed once made: any thread.
using tls_context_ptr = std::shared_ptr<boost::asio::ssl::context>;

/// Reads the files. TLS 1.2 and 1.3, forward secrecy and authenticated ciphers
/// alone; neither compression nor renegotiation nor resumption (docs/decisions/
/// 0008). Throws `std::runtime_error` with a sentence that names the file and
/// what to do. Blocks on the disk: not for an I/O thread.
[[nodiscard]] tls_context_ptr make_server_tls(const server_tls_options& x);

/// What there is to know about a certificate.
struct certificate_facts {
  /// SHA-256 of its DER form: 32 pairs of hex digits with colons between them,
  /// as `openssl x509 -fingerprint -sha256` prints it.
  std::string fingerprint;
  std::chrono::system_clock::time_point not_after;
};

/// The certificate that `x` presents.
[[nodiscard]] certificate_facts describe(boost::asio::ssl::context& x);

/// The first certificate in a PEM file. Throws like `make_server_tls`.
[[nodiscard]] certificate_facts describe_file(const std::string& path);

} // namespace bridgekeeper::net
