#pragma once

#include "app/config/config_options.hpp"
#include "app/files/file_error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

/// One `key = value` of the file. The value is not checked yet.
struct file_setting {
  const option* target;
  option_value value;
  std::size_t line;
};

struct config_file {
  std::vector<file_setting> settings;
  std::vector<file_error> errors;
};

/// Reads TOML and finds the option of each key. Reading ends at a syntax error,
/// and goes on after unknown tables and keys. No text makes it throw.
[[nodiscard]] config_file parse_config_file(std::string_view text);

/// The same for the file at `path`. An unreadable file is an error, too.
[[nodiscard]] config_file read_config_file(const std::string& path);

} // namespace bridgekeeper::app
