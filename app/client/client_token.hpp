#pragma once

#include "domain/result.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// The first line of `text` that is neither blank nor a comment (`#`), with
/// surrounding white space removed; empty if there is none.
[[nodiscard]] std::string first_token(std::string_view text);

/// Receives a warning: a sentence without a prefix.
using warning_handler = std::function<void(const std::string& sentence)>;

/// The handler of commands: writes the warning to standard error.
void print_warning(const std::string& sentence);

/// Finds the token that a client presents. The order of precedence is: the
/// first token in `token_file` if a file is named, BRIDGEKEEPER_TOKEN,
/// VIBEFORGE_AUTH_TOKEN, `data_dir`/token. Tokens are never taken from a flag,
/// because process lists are public. The failure says what to do and contains
/// no token. `on_warning` is called with the warning of `token_file_warning`,
/// if there is one, before the call returns.
[[nodiscard]] result<std::string>
find_token(const std::string& token_file, const std::string& data_dir,
           const warning_handler& on_warning = print_warning);

/// Warns of a token file that every user can read or change; empty if this one
/// is safe, or is no regular file.
[[nodiscard]] std::string token_file_warning(const std::string& name);

/// Returns `token` if it can be sent in a header. Otherwise the failure
/// explains the problem without repeating the token. `origin` says in words
/// where the token came from.
[[nodiscard]] result<std::string> checked_token(std::string token,
                                                const std::string& origin);

/// The error message for a daemon at `server` (`host:port`) that has no tokens
/// configured and therefore rejects all requests.
[[nodiscard]] std::string no_token_at(const std::string& server);

} // namespace bridgekeeper::app
