#include "app/cli/cli.hpp"

#include "app/command_line/program.hpp"
#include "app/command_line/version.hpp"
#include "domain/bridge_protocol.hpp"
#include "domain/version.hpp"

#include <caf/config.hpp>

namespace bridgekeeper::app {

namespace {

constexpr const char* examples = R"(Examples:
  bridgekeeper serve --listen 0.0.0.0:8000 --data-dir /var/lib/bridgekeeper
  bridgekeeper check-config --config /etc/bridgekeeper/bridgekeeper.toml
  bridgekeeper agents
  bridgekeeper help dispatch

)";

} // namespace

std::string version_text() {
  auto caf =
      dotted(CAF_VERSION / 10'000, CAF_VERSION / 100 % 100, CAF_VERSION % 100);
  std::string protocols;
  for (auto x : all_bridge_protocols)
    protocols.append(protocols.empty() ? "" : ", ").append(to_string(x));
  return version_line("bridgekeeper", version())
         + version_line("control API", api_version)
         + version_line("bridge protocol", protocols) + version_line("CAF", caf)
         + library_versions();
}

exit_code run_cli(std::span<const add_command> commands,
                  std::vector<std::string> arguments, std::ostream& out,
                  std::ostream& err) {
  program_info all{.name = "bridgekeeper",
                   .description =
                       "Connects to remote coding agents and dispatches "
                       "tasks to them.",
                   .footer = std::string{examples} + exit_code_help,
                   .versions = version_text(),
                   .parts = commands};
  return run_program(all, std::move(arguments), out, err);
}

} // namespace bridgekeeper::app
