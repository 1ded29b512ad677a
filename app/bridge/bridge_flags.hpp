#pragma once

#include "app/bridge/bridge_client.hpp"
#include "app/client/client_options.hpp"
#include "app/text/quantity.hpp"
#include "domain/result.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace bridgekeeper::app {

/// The flags of `bridgekeeper bridge` as they were given.
struct bridge_flags {
  client_options client;
  /// A file with flags (flags_from_file.hpp).
  std::string config;
  bool check = false;
  std::string id;
  std::string command;
  std::string agent;
  std::string workdir;
  std::vector<std::string> capabilities;
  std::vector<std::string> labels;
  std::size_t max_tasks = 1;
  seconds heartbeat{30};
  seconds task_timeout{0};
  seconds idle_timeout{0};
  seconds drain_timeout{0};
  std::string state_dir;
  std::string standard_error = "log";
  std::string leftovers = "end";
  std::string cgroup = "auto";
  std::string env_file;
  std::vector<std::string> unset_env;
  std::string log_level = "info";
  std::string log_format = "text";
};

/// Binds the flags to `out`, which must live until the command has run.
void add_bridge_flags(CLI::App& command, bridge_flags& out);

/// Turns the flags into options. The failure explains which flag is wrong and
/// what to set it to; see `to_exit_code` for its code. `on_warning` is called
/// as by `find_token`.
[[nodiscard]] result<bridge_options>
make_bridge_options(const bridge_flags& flags,
                    const warning_handler& on_warning);

} // namespace bridgekeeper::app
