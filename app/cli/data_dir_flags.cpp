#include "app/cli/data_dir_flags.hpp"

#include "app/command_line/help_format.hpp"
#include "app/text/utf8_text.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <utility>

namespace bridgekeeper::app {

void add_data_dir_flags(CLI::App& app, data_dir_flags& out) {
  app.add_option(
         "--data-dir", out.data_dir,
         wrap_help("The daemon's data directory. Default: the one in the "
                   "configuration, otherwise the one that `serve` uses here"))
      ->type_name("DIR");
  app.add_option("--config", out.sources.file,
                 wrap_help("The daemon's configuration file. Default: the "
                           "one that BRIDGEKEEPER_CONFIG names, or none"))
      ->type_name("FILE");
}

std::optional<config> find_config(data_dir_flags flags) {
  if (!flags.data_dir.empty())
    flags.sources.flags["server.data_dir"] = flags.data_dir;
  flags.sources.variables = current_environment();
  auto loaded = load_config(flags.sources);
  if (loaded.ok())
    return std::move(loaded.values);
  std::cerr << printable(error_text(loaded));
  return std::nullopt;
}

} // namespace bridgekeeper::app
