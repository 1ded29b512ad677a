#include "app/tokens/token_secret.hpp"

#include "domain/access/token_grant.hpp"
#include "domain/hex.hpp"

#include <openssl/rand.h>

#include <array>
#include <stdexcept>

namespace bridgekeeper::app {

std::string make_token_secret() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("Cannot make a token: no randomness to be had");
  return std::string{token_prefix} + to_hex(bytes);
}

} // namespace bridgekeeper::app
