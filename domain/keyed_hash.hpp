#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bridgekeeper {

/// SipHash-2-4 (Aumasson and Bernstein, 2012) of `text` with a key of two
/// words.
[[nodiscard]] std::uint64_t
sip_hash(std::string_view text,
         const std::array<std::uint64_t, 2>& key) noexcept;

/// A hash for tables whose keys are chosen by peers: XXH3 with a random secret
/// of 136 bytes, generated once per process. Peers therefore cannot construct
/// colliding keys that turn each lookup into a linear search. A dispatch needs
/// a dozen of these hashes, so they must be cheap. Not suitable for secrets.
/// Any thread.
[[nodiscard]] std::uint64_t keyed_hash(std::string_view text) noexcept;

/// Identifies a secret without storing it: SipHash-2-4 with a second random key
/// of the process. Any thread.
[[nodiscard]] std::uint64_t
secret_fingerprint(std::string_view secret) noexcept;

/// For the standard containers: `std::unordered_map<std::string, T,
/// keyed_string_hash>`.
struct keyed_string_hash {
  // Deliberately not noexcept: libstdc++ then stores each entry's hash instead
  // of recomputing it for whole chains.
  std::size_t operator()(const std::string& x) const {
    return static_cast<std::size_t>(keyed_hash(x));
  }
};

} // namespace bridgekeeper
