#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bridgekeeper::protocol {

using hash_key = std::array<std::uint64_t, 2>;

/// SipHash (Aumasson and Bernstein, 2012) of `text`, with so many rounds for
/// each word and at the end. There are SipHash-1-3 and SipHash-2-4.
template <unsigned WordRounds, unsigned LastRounds>
[[nodiscard]] std::uint64_t sip_hash(std::string_view text,
                                     const hash_key& key) noexcept;

/// The hash of text that a peer chose. The key is random and made once in a
/// process, so that nobody outside can choose many texts that fall into one
/// bucket of a table and make every look-up in it take as long as there are
/// entries. Any thread. SipHash-1-3, which is enough for that; a dispatch costs
/// about twenty of them.
[[nodiscard]] std::uint64_t keyed_hash(std::string_view text) noexcept;

/// Stands for a secret that must be recognised without being kept: SipHash-2-4
/// under another random key of the process. Any thread.
[[nodiscard]] std::uint64_t
secret_fingerprint(std::string_view secret) noexcept;

/// For the standard containers: `std::unordered_map<std::string, T,
/// protocol::keyed_string_hash>`.
struct keyed_string_hash {
  // Not noexcept on purpose: libstdc++ then keeps each hash with its entry
  // instead of computing it again for whole chains.
  std::size_t operator()(const std::string& x) const {
    return static_cast<std::size_t>(keyed_hash(x));
  }
};

} // namespace bridgekeeper::protocol
