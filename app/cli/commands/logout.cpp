#include "app/cli/commands.hpp"
#include "app/client/client_options.hpp"
#include "app/client/saved_context.hpp"
#include "app/command_line/help_format.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <string>

namespace bridgekeeper::app {

namespace {

constexpr const char* logout_footer = R"(Examples:
  bridgekeeper logout
  bridgekeeper logout --context work

Removes the file that `bridgekeeper login` wrote, including the token. The
daemon is not contacted: the token stays valid until it is revoked, for example
with `bridgekeeper token revoke LABEL`.

Exit codes: 0 done, 1 the file cannot be removed, 2 wrong usage or unknown
context.)";

exit_code run(const std::string& context) {
  auto gone = remove_context(context);
  if (!gone) {
    std::cerr << "bridgekeeper logout: " << to_string(gone.error()) << "\n";
    return gone.error().code == errc::internal ? exit_code::failure
                                               : exit_code::usage;
  }
  std::cout << "Removed context " << context << " from " << gone->string()
            << ". Its token stays valid until it is revoked.\n";
  return exit_code::ok;
}

} // namespace

void add_logout(CLI::App& app, command_outcome& out) {
  auto command =
      app.add_subcommand("logout", "Remove a context that `login` saved.");
  auto context = std::make_shared<std::string>(default_context);
  command->add_option("--context", *context, "Name of the context")
      ->envname("BRIDGEKEEPER_CONTEXT")
      ->type_name("NAME")
      ->capture_default_str();
  command->footer(logout_footer);
  command->callback([&out, context] { out.code = run(*context); });
}

} // namespace bridgekeeper::app
