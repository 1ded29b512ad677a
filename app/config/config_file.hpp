#pragma once

#include "app/config/option_value.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

/// One `key = value` of the file. Not yet checked against the option's range.
struct file_setting {
  const option* target;
  option_value value;
  std::size_t line;
};

/// Something wrong with one line; line 0 means the file as a whole.
struct file_error {
  std::size_t line;
  std::string text;
};

struct config_file {
  std::vector<file_setting> settings;
  std::vector<file_error> errors;
};

/// Reads TOML and sorts it into options. A syntax error ends the reading;
/// unknown tables and keys do not. Never throws for what the text says.
[[nodiscard]] config_file parse_config_file(std::string_view text);

/// The same for the file at `path`, which may not be readable.
[[nodiscard]] config_file read_config_file(const std::string& path);

} // namespace bridgekeeper::app
