#include "app/cli/commands.hpp"
#include "store/audit/audit_chain.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace bridgekeeper::app {

namespace {

constexpr const char* audit_footer = R"(Examples:
  bridgekeeper audit verify /var/log/bridgekeeper/audit.log
  bridgekeeper audit verify audit.log.2 audit.log.1 audit.log
  bridgekeeper audit verify $(ls -v -r /var/log/bridgekeeper/audit.log*)

Exit codes: 0 the chain is intact, 1 it is broken (the first broken line is on
standard error) or a file cannot be read, 2 wrong usage.)";

exit_code verify(const std::vector<std::string>& files) {
  try {
    auto found = store::verify_audit_files(files);
    for (const auto& remark : found.remarks)
      std::cout << to_string(remark) << "\n";
    if (found.broken)
      std::cerr << to_string(*found.broken) << "\n"
                << "The chain is broken there; the " << found.lines
                << " lines before it are intact.\n";
    else
      std::cout << "The chain is intact: " << found.lines << " lines.\n";
    for (const auto& what : found.unchecked)
      std::cout << "Not checked: " << what << ".\n";
    return found.broken ? exit_code::failure : exit_code::ok;
  } catch (const std::system_error& problem) {
    std::cerr << "bridgekeeper audit verify: " << problem.what() << "\n";
    return exit_code::failure;
  }
}

} // namespace

void add_audit(CLI::App& app, command_outcome& out) {
  auto command = app.add_subcommand("audit", "Check the audit log.");
  command->require_subcommand(1);
  command->footer("Examples:\n  bridgekeeper audit verify --help\n\n"
                  "Exit codes: see `bridgekeeper --help`.");
  auto check = command->add_subcommand(
      "verify", "Check that no line was changed, removed or added.");
  auto files = std::make_shared<std::vector<std::string>>();
  check->add_option("FILE", *files, "The log and its backups, oldest first")
      ->required()
      ->check(CLI::ExistingFile);
  check->footer(audit_footer);
  check->callback([&out, files] { out.code = verify(*files); });
}

} // namespace bridgekeeper::app
