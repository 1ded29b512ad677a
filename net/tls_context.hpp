#pragma once

#include <chrono>
#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
} // namespace boost::asio::ssl

namespace bridgekeeper::net {

/// Whether clients must present a certificate.
enum class client_certificates {
  /// Clients are not asked for one.
  off,
  /// Clients may present one; if it cannot be verified, the handshake fails.
  optional,
  /// Without one, the handshake fails.
  required,
};

/// Configuration of a TLS server. Paths are those of PEM files.
struct server_tls_options {
  /// The server's certificate, followed by intermediate certificates.
  std::string certificate;
  std::string key;
  /// The CAs whose client certificates are accepted. Required unless
  /// `client_certificates` is `off`.
  std::string client_ca;
  client_certificates clients = client_certificates::off;
  /// Also rejects TLS 1.2.
  bool only_tls_1_3 = false;
};

/// A certificate, its key and the TLS settings, shared by the connections that
/// use them. Immutable once made: any thread.
using tls_context_ptr = std::shared_ptr<boost::asio::ssl::context>;

/// Reads the files. Allows TLS 1.2 and 1.3 with only forward secrecy and
/// authenticated ciphers, and no compression, renegotiation or resumption
/// (docs/decisions/0008). Throws a `std::runtime_error` with a sentence that
/// names the file and says what to do. Blocks on the disk, so it must not run
/// on an I/O thread.
[[nodiscard]] tls_context_ptr make_server_tls(const server_tls_options& x);

struct certificate_facts {
  /// SHA-256 of its DER form: 32 pairs of hex digits separated by colons, as
  /// printed by `openssl x509 -fingerprint -sha256`.
  std::string fingerprint;
  std::chrono::system_clock::time_point not_after;
};

/// Describes the certificate that `x` presents.
[[nodiscard]] certificate_facts describe(boost::asio::ssl::context& x);

/// Describes the first certificate in a PEM file. Throws like
/// `make_server_tls`.
[[nodiscard]] certificate_facts describe_file(const std::string& path);

} // namespace bridgekeeper::net
