#pragma once

// Private to this room: OpenSSL objects in owning pointers.

#include "net/tls_context.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace bridgekeeper::net {

template <auto Free>
struct free_with {
  template <class T>
  void operator()(T* x) const noexcept {
    Free(x);
  }
};

using bio_ptr = std::unique_ptr<BIO, free_with<&BIO_free_all>>;
using key_ptr = std::unique_ptr<EVP_PKEY, free_with<&EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, free_with<&X509_free>>;

/// SHA-256 of the DER form, in the format of `certificate_facts`.
[[nodiscard]] std::string fingerprint_of(const X509& x);

[[nodiscard]] certificate_facts facts_of(const X509& x);

/// The first error in OpenSSL's queue, in its words; empties the queue.
[[nodiscard]] std::string take_openssl_error();

} // namespace bridgekeeper::net
