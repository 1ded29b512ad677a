#include "domain/keyed_hash.hpp"

// Ids are short, so a function call would cost as much as the hash itself.
#define XXH_INLINE_ALL
#ifndef NDEBUG
// At -Og, GCC reports what it cannot inline as errors.
#define XXH_NO_INLINE_HINTS 1
#endif
#include <bit>
#include <cstring>
#include <random>
#include <xxhash.h>

namespace bridgekeeper {

namespace {

struct sip_state {
  std::uint64_t v0;
  std::uint64_t v1;
  std::uint64_t v2;
  std::uint64_t v3;

  void round() noexcept {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }

  void absorb(std::uint64_t word) noexcept {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

/// Reads eight bytes in little-endian order.
std::uint64_t word_at(std::string_view text, std::size_t at) noexcept {
  std::uint64_t out = 0;
  std::memcpy(&out, text.data() + at, sizeof out);
  if constexpr (std::endian::native == std::endian::big)
    out = __builtin_bswap64(out);
  return out;
}

template <std::size_t Size>
std::array<std::uint64_t, Size> random_words() {
  std::random_device source;
  std::array<std::uint64_t, Size> out{};
  for (auto& word : out)
    word = (std::uint64_t{source()} << 32U) | std::uint64_t{source()};
  return out;
}

} // namespace

std::uint64_t sip_hash(std::string_view text,
                       const std::array<std::uint64_t, 2>& key) noexcept {
  sip_state x{key[0] ^ 0x736f6d6570736575U, key[1] ^ 0x646f72616e646f6dU,
              key[0] ^ 0x6c7967656e657261U, key[1] ^ 0x7465646279746573U};
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8)
    x.absorb(word_at(text, at));
  // The remaining bytes, with the length in the most significant byte.
  auto last = std::uint64_t{text.size() & 0xFFU} << 56U;
  for (unsigned shift = 0; at < text.size(); ++at, shift += 8)
    last |= std::uint64_t{static_cast<unsigned char>(text[at])} << shift;
  x.absorb(last);
  x.v2 ^= 0xFFU;
  for (auto i = 0; i < 4; ++i)
    x.round();
  return x.v0 ^ x.v1 ^ x.v2 ^ x.v3;
}

std::uint64_t keyed_hash(std::string_view text) noexcept {
  static const auto secret = random_words<XXH3_SECRET_SIZE_MIN / 8>();
  return XXH3_64bits_withSecret(text.data(), text.size(), secret.data(),
                                sizeof secret);
}

std::uint64_t secret_fingerprint(std::string_view secret) noexcept {
  static const auto key = random_words<2>();
  return sip_hash(secret, key);
}

} // namespace bridgekeeper
