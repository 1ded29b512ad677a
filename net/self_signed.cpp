#include "net/self_signed.hpp"

#include "net/x509.hpp"

#include <boost/asio/ip/address.hpp>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>

namespace bridgekeeper::net {

namespace {

void must(bool done, const char* what) {
  if (!done)
    throw std::runtime_error(std::string{"Cannot make a certificate: "} + what
                             + ": " + take_openssl_error());
}

/// The format of OpenSSL's configuration: `DNS:localhost,IP:127.0.0.1`.
std::string alternative_names(const std::vector<std::string>& hosts) {
  std::string out;
  for (const auto& host : hosts) {
    boost::system::error_code not_an_address;
    boost::asio::ip::make_address(host, not_an_address);
    out += out.empty() ? "" : ",";
    out += (not_an_address ? "DNS:" : "IP:") + host;
  }
  return out;
}

void extend(X509& x, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, &x, &x, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  must(extension != nullptr, value.c_str());
  X509_add_ext(&x, extension, -1);
  X509_EXTENSION_free(extension);
}

/// 127 random bits: positive and not guessable (RFC 5280, 4.1.2.2).
void set_serial_number(X509& x) {
  std::array<unsigned char, 16> bytes{};
  must(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1,
       "randomness");
  bytes[0] &= 0x7FU;
  auto* number =
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(&x));
  BN_free(number);
}

void set_validity(X509& x, std::chrono::system_clock::time_point now,
                  std::chrono::hours lifetime) {
  using std::chrono::system_clock;
  ASN1_TIME_set(X509_getm_notBefore(&x),
                system_clock::to_time_t(now - std::chrono::hours{1}));
  ASN1_TIME_set(X509_getm_notAfter(&x),
                system_clock::to_time_t(now + lifetime));
}

std::string text_of(BIO& x) {
  char* data = nullptr;
  auto size = BIO_get_mem_data(&x, &data);
  return {data, static_cast<std::size_t>(size)};
}

} // namespace

self_signed_pair make_self_signed(const std::vector<std::string>& hosts,
                                  std::chrono::system_clock::time_point now,
                                  std::chrono::hours lifetime) {
  key_ptr key{EVP_EC_gen("P-256")};
  must(key != nullptr, "key");
  certificate_ptr made{X509_new()};
  must(made != nullptr, "certificate");
  auto& x = *made;
  X509_set_version(&x, X509_VERSION_3);
  set_serial_number(x);
  set_validity(x, now, lifetime);
  auto* name = X509_get_subject_name(&x);
  const auto* common_name =
      reinterpret_cast<const unsigned char*>("bridgekeeper self-signed");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
  X509_set_issuer_name(&x, name);
  X509_set_pubkey(&x, key.get());
  // A CA that can sign only itself, so that it can be passed as --ca.
  extend(x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  extend(x, NID_key_usage, "critical,digitalSignature,keyCertSign");
  extend(x, NID_ext_key_usage, "serverAuth,clientAuth");
  extend(x, NID_subject_key_identifier, "hash");
  extend(x, NID_subject_alt_name, alternative_names(hosts));
  must(X509_sign(&x, key.get(), EVP_sha256()) > 0, "signature");
  bio_ptr certificate_text{BIO_new(BIO_s_mem())};
  bio_ptr key_text{BIO_new(BIO_s_mem())};
  must(PEM_write_bio_X509(certificate_text.get(), &x) == 1,
       "writing the certificate");
  must(PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr,
                                     nullptr, 0, nullptr, nullptr)
           == 1,
       "writing the key");
  return {text_of(*certificate_text), text_of(*key_text)};
}

} // namespace bridgekeeper::net
