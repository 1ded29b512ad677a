#include "app/cli/dispatch_id_flag.hpp"

#include <CLI/CLI.hpp>

namespace bridgekeeper::app {

void add_dispatch_id(CLI::App& app, const std::string& name, std::string& out) {
  app.add_option(name, out, "The id of the dispatch")
      ->check(CLI::Validator{
          [](const std::string& text) {
            return text.empty() ? "The id of the dispatch is empty. List the "
                                  "dispatches with: bridgekeeper dispatches"
                                : std::string{};
          },
          ""})
      ->type_name("")
      ->required();
}

} // namespace bridgekeeper::app
