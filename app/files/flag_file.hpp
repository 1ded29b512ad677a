#pragma once

#include "app/files/file_error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

/// One `flag = value` of a file, as the texts that the command line would
/// carry: several for a list, and for a table such as `label = {gpu = "a100"}`
/// one `KEY=VALUE` each.
struct flag_setting {
  std::string name;
  std::vector<std::string> values;
  std::size_t line = 0;
};

struct flag_file {
  std::vector<flag_setting> settings;
  std::vector<file_error> errors;
};

/// Reads TOML in which each key is the long name of a flag, without hyphens in
/// front. No text makes it throw. Whether the flags exist, and what they may be
/// set to, is for the caller to check.
[[nodiscard]] flag_file parse_flag_file(std::string_view text);

/// The same for the file at `path`. An unreadable file is an error, too.
[[nodiscard]] flag_file read_flag_file(const std::string& path);

} // namespace bridgekeeper::app
