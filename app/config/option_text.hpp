#pragma once

#include "app/config/config_options.hpp"

#include <optional>
#include <string>

namespace bridgekeeper::app {

/// Which values the option takes: `a whole number from 0 to 1024`.
[[nodiscard]] std::string expectation(const option& x);

/// Stands for the value in the help text: `TIME`.
[[nodiscard]] std::string placeholder(const option& x);

/// The value as a person writes it: `30s`, `16MiB`, `127.0.0.1:8000`. Secrets
/// are only counted.
[[nodiscard]] std::string to_plain(const option& x, const config& values);

/// The value as the file writes it: `30`, `"16MiB"`, `["127.0.0.1:8000"]`.
/// Nothing for an unset value, which the file cannot express, and for secrets.
[[nodiscard]] std::optional<std::string> to_toml(const option& x,
                                                 const config& values);

} // namespace bridgekeeper::app
