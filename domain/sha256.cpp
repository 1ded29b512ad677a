#include "domain/sha256.hpp"

#include "domain/hex.hpp"

#include <openssl/evp.h>

#include <exception>
#include <memory>

namespace bridgekeeper {

namespace {

using context_ptr = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

/// Reused by all calls on a thread: OpenSSL's one-shot functions look up the
/// algorithm each time, which takes longer than hashing a short text.
EVP_MD_CTX& started_context() noexcept {
  thread_local context_ptr context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  auto is_first = context && EVP_MD_CTX_get0_md(context.get()) == nullptr;
  // A null type reuses the algorithm of the previous call.
  if (!context
      || EVP_DigestInit_ex2(context.get(), is_first ? EVP_sha256() : nullptr,
                            nullptr)
             != 1)
    std::terminate();
  return *context;
}

} // namespace

sha256_digest sha256(std::string_view bytes) noexcept {
  sha256_digest out{};
  auto& context = started_context();
  if (EVP_DigestUpdate(&context, bytes.data(), bytes.size()) != 1
      || EVP_DigestFinal_ex(&context, out.data(), nullptr) != 1)
    std::terminate();
  return out;
}

std::string sha256_hex(std::string_view bytes) {
  return to_hex(sha256(bytes));
}

} // namespace bridgekeeper
