#pragma once

#include <array>
#include <string>
#include <string_view>

namespace bridgekeeper {

using sha256_digest = std::array<unsigned char, 32>;

/// The SHA-256 of `bytes` (FIPS 180-4). Any thread. Aborts the process if
/// OpenSSL has no SHA-256, which shows on the first call.
[[nodiscard]] sha256_digest sha256(std::string_view bytes) noexcept;

/// The same as 64 lower-case hex digits, as printed by `sha256sum`.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

} // namespace bridgekeeper
