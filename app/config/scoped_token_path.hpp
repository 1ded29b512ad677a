#pragma once

#include "app/config/config.hpp"
#include "app/tokens/token_book.hpp"

#include <filesystem>

namespace bridgekeeper::app {

/// Where the scoped tokens are: `auth.scoped_token_file` or, without that
/// setting, `tokens` in the data directory.
[[nodiscard]] std::filesystem::path scoped_token_path(const config& x);

/// `unknown` where the configuration names the file.
[[nodiscard]] missing_tokens meaning_of_missing(const config& x);

} // namespace bridgekeeper::app
