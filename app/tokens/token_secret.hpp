#pragma once

#include <string>

namespace bridgekeeper::app {

/// A new token: `bk_` and 256 random bits in hexadecimal. Throws
/// `std::runtime_error` where there is no randomness to be had.
[[nodiscard]] std::string make_token_secret();

} // namespace bridgekeeper::app
