#pragma once

#include <string>
#include <string_view>

namespace bridgekeeper::store {

/// The SHA-256 of `bytes` as `sha256sum` prints it: 64 lower-case hex digits.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

} // namespace bridgekeeper::store
