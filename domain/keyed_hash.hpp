#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bridgekeeper {

/// SipHash-2-4 (Aumasson and Bernstein, 2012) of `text` under a key of two
/// words.
[[nodiscard]] std::uint64_t
sip_hash(std::string_view text,
         const std::array<std::uint64_t, 2>& key) noexcept;

/// The hash of a text that a peer chose, for tables: XXH3 with a random secret
/// of 136 bytes, made once in a process. Nobody outside can prepare many texts
/// that fall into one bucket and make every look-up take as long as there are
/// entries. A dispatch needs a dozen of these hashes, so they must be cheap.
/// Not for secrets. Any thread.
[[nodiscard]] std::uint64_t keyed_hash(std::string_view text) noexcept;

/// Stands for a secret that must be recognised without being kept: SipHash-2-4
/// under another random key of the process. Any thread.
[[nodiscard]] std::uint64_t
secret_fingerprint(std::string_view secret) noexcept;

/// For the standard containers: `std::unordered_map<std::string, T,
/// keyed_string_hash>`.
struct keyed_string_hash {
  // Not noexcept on purpose: libstdc++ then keeps each hash with its entry
  // instead of computing it again for whole chains.
  std::size_t operator()(const std::string& x) const {
    return static_cast<std::size_t>(keyed_hash(x));
  }
};

} // namespace bridgekeeper
