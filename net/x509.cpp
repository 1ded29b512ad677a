#include "net/x509.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <array>
#include <ctime>

namespace bridgekeeper::net {

std::string fingerprint_of(const X509& x) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  auto size = 0U;
  if (X509_digest(&x, EVP_sha256(), digest.data(), &size) != 1)
    return {};
  // Three characters a byte, the last one a zero in place of a colon.
  std::array<char, 3 * digest.size()> out{};
  if (OPENSSL_buf2hexstr_ex(out.data(), out.size(), nullptr, digest.data(),
                            size, ':')
      != 1)
    return {};
  return out.data();
}

certificate_facts facts_of(const X509& x) {
  std::tm end{};
  ASN1_TIME_to_tm(X509_get0_notAfter(&x), &end);
  return {fingerprint_of(x),
          std::chrono::system_clock::from_time_t(::timegm(&end))};
}

std::string take_openssl_error() {
  auto code = ERR_peek_error();
  ERR_clear_error();
  const auto* words = ERR_reason_error_string(code);
  return words == nullptr ? "unknown error" : words;
}

} // namespace bridgekeeper::net
