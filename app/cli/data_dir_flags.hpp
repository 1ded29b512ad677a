#pragma once

#include "app/config/load_config.hpp"

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace bridgekeeper::app {

/// The flags of commands that work on a daemon's files: they find the files
/// where `serve` would with the same configuration.
struct data_dir_flags {
  std::string data_dir;
  config_sources sources;
};

/// Binds `--data-dir` and `--config` to `out`, which must live until `app` has
/// parsed the command line.
void add_data_dir_flags(CLI::App& app, data_dir_flags& out);

/// The daemon's configuration, of which `server.data_dir` is set. If it is
/// invalid, prints why and returns nothing.
[[nodiscard]] std::optional<config> find_config(data_dir_flags flags);

} // namespace bridgekeeper::app
