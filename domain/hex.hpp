#pragma once

#include <span>
#include <string>

namespace bridgekeeper {

/// `bytes` as lower-case hexadecimal digits, two for each.
[[nodiscard]] std::string to_hex(std::span<const unsigned char> bytes);

} // namespace bridgekeeper
