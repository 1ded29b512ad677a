#pragma once

#include "domain/result.hpp"

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// The first line of `text` that is neither blank nor a comment (`#`), without
/// the white space around it; empty where there is none.
[[nodiscard]] std::string first_token(std::string_view text);

/// The token a client presents: the first in `token_file` where one is named,
/// else the environment's BRIDGEKEEPER_TOKEN, else its VIBEFORGE_AUTH_TOKEN,
/// else the one in `data_dir`/token. Never from a flag: process lists are
/// public. The failure says what to do; it contains no token.
[[nodiscard]] result<std::string> find_token(const std::string& token_file,
                                             const std::string& data_dir);

/// `token`, if it can travel in a header; else what is wrong with it, without
/// the token. `origin` is where it came from, in words.
[[nodiscard]] result<std::string> checked_token(std::string token,
                                                const std::string& origin);

/// What a client says where the daemon at `server` (`host:port`) refuses
/// everybody because none was configured there.
[[nodiscard]] std::string no_token_at(const std::string& server);

} // namespace bridgekeeper::app
