#include "net/tls_context.hpp"

#include "net/x509.hpp"

#include <boost/asio/ssl/context.hpp>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <unistd.h>

namespace bridgekeeper::net {

namespace {

/// For TLS 1.2: only ephemeral keys and authenticated ciphers.
constexpr const char* ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

constexpr const char* groups = "X25519:P-256:P-384";

/// In the wire format: length, name (RFC 7301, 3.1).
constexpr std::string_view http_1_1 = "\x08http/1.1";

[[noreturn]] void fail(const std::string& what, const std::string& path,
                       const std::string& why, const std::string& next) {
  throw std::runtime_error("Cannot use the " + what + " " + path + ": " + why
                           + ". " + next);
}

/// Checked first, because OpenSSL's messages for missing files are unhelpful.
void must_be_readable(const std::string& what, const std::string& path,
                      const char* setting) {
  if (::access(path.c_str(), R_OK) != 0)
    fail(what, path, std::strerror(errno),
         std::string{"Set "} + setting
             + " to a PEM file that this user can read.");
}

/// Without this callback, OpenSSL would ask on the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

/// Rejects clients that offer only other protocols (RFC 7301, 3.2), so that no
/// one can redirect to this port what a client meant for another protocol.
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned size, void*) {
  const auto* ours = reinterpret_cast<const unsigned char*>(http_1_1.data());
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, ours,
                            static_cast<unsigned>(http_1_1.size()), offered,
                            size)
      != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

void set_rules(SSL_CTX& x, bool only_tls_1_3) {
  SSL_CTX_set_min_proto_version(&x,
                                only_tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(&x, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION
                              | SSL_OP_CIPHER_SERVER_PREFERENCE
                              | SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(&x, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(&x, 0);
  // Frees the buffers of idle connections, which most are most of the time.
  SSL_CTX_set_mode(&x, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(&x, &select_protocol, nullptr);
  if (SSL_CTX_set_cipher_list(&x, ciphers) != 1
      || SSL_CTX_set1_groups_list(&x, groups) != 1)
    throw std::runtime_error("Cannot set up TLS: " + take_openssl_error());
}

void use_certificate(SSL_CTX& x, const std::string& path) {
  must_be_readable("certificate", path, "tls.certificate");
  if (SSL_CTX_use_certificate_chain_file(&x, path.c_str()) != 1)
    fail("certificate", path, take_openssl_error(),
         "Set tls.certificate to a PEM file with the certificate, followed by "
         "any intermediate certificates.");
}

void use_key(SSL_CTX& x, const server_tls_options& options) {
  const auto& path = options.key;
  must_be_readable("key", path, "tls.key");
  bio_ptr file{BIO_new_file(path.c_str(), "r")};
  key_ptr key{file ? PEM_read_bio_PrivateKey(file.get(), nullptr,
                                             &no_passphrase, nullptr)
                   : nullptr};
  auto locked =
      ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_BAD_PASSWORD_READ;
  if (!key && locked)
    fail("key", path, "it is protected by a passphrase",
         "Remove it with: openssl pkey -in FILE -out FILE.");
  if (!key)
    fail("key", path, take_openssl_error(),
         "Set tls.key to a private key in PEM.");
  if (X509_check_private_key(SSL_CTX_get0_certificate(&x), key.get()) != 1)
    fail("key", path,
         "it does not belong to the certificate " + options.certificate,
         "Set tls.certificate and tls.key to files that belong together.");
  if (SSL_CTX_use_PrivateKey(&x, key.get()) != 1)
    fail("key", path, take_openssl_error(), "Set tls.key to an EC or RSA key.");
}

void ask_clients(SSL_CTX& x, const server_tls_options& options) {
  const auto& path = options.client_ca;
  must_be_readable("client CA", path, "tls.client_ca");
  auto* names = SSL_load_client_CA_file(path.c_str());
  if (names == nullptr
      || SSL_CTX_load_verify_locations(&x, path.c_str(), nullptr) != 1)
    fail("client CA", path, take_openssl_error(),
         "Set tls.client_ca to a PEM file with the CAs that sign your "
         "clients' certificates.");
  SSL_CTX_set_client_CA_list(&x, names);
  SSL_CTX_set_verify(&x,
                     options.clients == client_certificates::required
                         ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                         : SSL_VERIFY_PEER,
                     nullptr);
}

} // namespace

tls_context_ptr make_server_tls(const server_tls_options& options) {
  namespace ssl = boost::asio::ssl;
  auto out = std::make_shared<ssl::context>(ssl::context::tls_server);
  auto& native = *out->native_handle();
  ERR_clear_error();
  SSL_CTX_set_default_passwd_cb(&native, &no_passphrase);
  set_rules(native, options.only_tls_1_3);
  use_certificate(native, options.certificate);
  use_key(native, options);
  if (options.clients != client_certificates::off)
    ask_clients(native, options);
  return out;
}

certificate_facts describe(boost::asio::ssl::context& x) {
  return facts_of(*SSL_CTX_get0_certificate(x.native_handle()));
}

certificate_facts describe_file(const std::string& path) {
  must_be_readable("certificate", path, "the path");
  bio_ptr file{BIO_new_file(path.c_str(), "r")};
  certificate_ptr found{
      file ? PEM_read_bio_X509(file.get(), nullptr, &no_passphrase, nullptr)
           : nullptr};
  if (!found)
    fail("certificate", path, take_openssl_error(), "It must be a PEM file.");
  return facts_of(*found);
}

} // namespace bridgekeeper::net
