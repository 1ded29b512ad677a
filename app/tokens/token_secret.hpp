#pragma once

#include <string>

namespace bridgekeeper::app {

/// Creates a token: `bk_` and 256 random bits in hexadecimal. Throws
/// `std::runtime_error` if no random bytes are available.
[[nodiscard]] std::string make_token_secret();

} // namespace bridgekeeper::app
