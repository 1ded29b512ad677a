#include "app/tokens/token_secret.hpp"

#include "domain/access/token_grant.hpp"

#include <openssl/rand.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace bridgekeeper::app {

std::string make_token_secret() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("Cannot create a token: OpenSSL cannot provide "
                             "random bytes");
  std::string out{token_prefix};
  for (auto byte : bytes) {
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

} // namespace bridgekeeper::app
