#include "net/tls_client.hpp"

#include "net/client_stream.hpp"
#include "net/proxy_tunnel.hpp"
#include "net/x509.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cctype>
#include <stdexcept>
#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;

namespace {

/// Formats `aabb…` as `AA:BB:…`.
std::string spelled_out(const std::string& fingerprint) {
  std::string out;
  std::size_t digits = 0;
  for (auto c : fingerprint) {
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0)
      continue;
    if (digits > 0 && digits % 2 == 0)
      out += ':';
    out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    ++digits;
  }
  return out;
}

void trust_signers(SSL_CTX& x, const std::string& ca) {
  if (ca.empty()) {
    SSL_CTX_set_default_verify_paths(&x);
    return;
  }
  if (SSL_CTX_load_verify_locations(&x, ca.c_str(), nullptr) != 1)
    throw std::runtime_error("cannot use the CA " + ca + ": "
                             + take_openssl_error());
}

void show_certificate(SSL_CTX& x, const client_tls_options& options) {
  if (options.certificate.empty())
    return;
  if (SSL_CTX_use_certificate_chain_file(&x, options.certificate.c_str()) != 1)
    throw std::runtime_error("cannot use the client certificate "
                             + options.certificate + ": "
                             + take_openssl_error());
  const auto& key = options.key.empty() ? options.certificate : options.key;
  if (SSL_CTX_use_PrivateKey_file(&x, key.c_str(), SSL_FILETYPE_PEM) != 1
      || SSL_CTX_check_private_key(&x) != 1)
    throw std::runtime_error("cannot use the client key " + key + ": "
                             + take_openssl_error());
}

client_identity make_client_tls(const client_tls_options& options) {
  client_identity out;
  out.context = std::make_shared<ssl::context>(ssl::context::tls_client);
  auto& native = *out.context->native_handle();
  ERR_clear_error();
  SSL_CTX_set_min_proto_version(&native, TLS1_2_VERSION);
  SSL_CTX_set_mode(&native, SSL_MODE_RELEASE_BUFFERS);
  try {
    show_certificate(native, options);
    if (!options.pinned_certificate.empty())
      out.pinned = describe_file(options.pinned_certificate).fingerprint;
    else if (!options.fingerprint.empty())
      out.pinned = spelled_out(options.fingerprint);
    else
      trust_signers(native, options.ca);
  } catch (const std::runtime_error& error) {
    out.problem = error.what();
  }
  return out;
}

} // namespace

tls_client::tls_client(client_stream& stream, const client_tls_options& options)
  : identity_(make_client_tls(options)), proxy_(options.proxy),
    problem_(identity_.problem), stream_(stream) {}

void tls_client::secure(const endpoint& server,
                        peer_stream::completion_handler proceed) {
  if (!identity_.problem.empty())
    return proceed(make_error_code(boost::system::errc::invalid_argument));
  if (!proxy_)
    return shake_hands(server, std::move(proceed));
  open_tunnel(stream_, server, *proxy_,
              [this, &server, proceed = std::move(proceed)](error_code error) {
                error ? proceed(error) : shake_hands(server, proceed);
              });
}

void tls_client::shake_hands(const endpoint& server,
                             peer_stream::completion_handler proceed) {
  auto& tls = stream_.begin_tls(*identity_.context);
  expect(tls, server);
  stream_.shake_hands(tls_stream::client,
                      [this, &tls, proceed = std::move(proceed)](
                          error_code error) { proceed(check(tls, error)); });
}

void tls_client::expect(tls_stream& stream, const endpoint& whom) {
  auto* native = stream.native_handle();
  error_code not_an_address;
  auto address = asio::ip::make_address(whom.host, not_an_address);
  if (not_an_address)
    SSL_set_tlsext_host_name(native, whom.host.c_str());
  // A pinned certificate is compared after the handshake, in `check`.
  if (!identity_.pinned.empty())
    return stream.set_verify_mode(ssl::verify_none);
  auto* wanted = SSL_get0_param(native);
  if (not_an_address)
    X509_VERIFY_PARAM_set1_host(wanted, whom.host.c_str(), whom.host.size());
  else
    X509_VERIFY_PARAM_set1_ip_asc(wanted, address.to_string().c_str());
  stream.set_verify_mode(ssl::verify_peer);
  stream.set_verify_callback([this](bool fine, ssl::verify_context& chain) {
    auto* store = chain.native_handle();
    auto* leaf = X509_STORE_CTX_get0_cert(store);
    if (!fine && leaf != nullptr)
      problem_ =
          std::string{"its certificate cannot be verified ("}
          + X509_verify_cert_error_string(X509_STORE_CTX_get_error(store))
          + "). Specify the CA that signed it with --ca FILE or, if "
            "the daemon printed the same fingerprint when it started, "
            "trust it with --tls-fingerprint "
          + fingerprint_of(*leaf);
    return fine;
  });
}

error_code tls_client::check(tls_stream& stream, error_code outcome) {
  if (outcome.category() == asio::error::get_ssl_category()
      && ERR_GET_REASON(static_cast<unsigned long>(outcome.value()))
             == SSL_R_WRONG_VERSION_NUMBER)
    problem_ = "it does not speak TLS on this port; use http:// or ws://";
  if (outcome || identity_.pinned.empty())
    return outcome;
  certificate_ptr shown{SSL_get1_peer_certificate(stream.native_handle())};
  auto found = shown ? fingerprint_of(*shown) : std::string{"none"};
  if (found == identity_.pinned)
    return {};
  problem_ = "its certificate is not the expected one. If the daemon printed "
             "the same fingerprint when it started, trust it with "
             "--tls-fingerprint "
             + found;
  return make_error_code(boost::system::errc::permission_denied);
}

} // namespace bridgekeeper::net
