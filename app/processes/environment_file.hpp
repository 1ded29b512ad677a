#pragma once

#include "app/files/environment.hpp"
#include "domain/result.hpp"

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Reads a file of variables: one NAME=VALUE per line. Blank lines and lines
/// that begin with `#` are ignored, and so is the word `export` before a name.
/// A value may be in single quotes, which keep everything, or in double quotes,
/// in which `\n`, `\t`, `\"`, `\\` and `\$` are understood; nothing is
/// expanded. Other values end at the end of the line or before ` #`. The
/// failure names the file and the line, never the value, which may be secret.
[[nodiscard]] result<environment_map>
read_environment_file(const std::string& path);

/// Understands the text of such a file. `origin` names it in failures.
[[nodiscard]] result<environment_map>
parse_environment(std::string_view text, const std::string& origin);

} // namespace bridgekeeper::app
