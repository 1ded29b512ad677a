#include "app/cli/commands.hpp"
#include "app/cli/data_dir_flags.hpp"
#include "app/command_line/choices.hpp"
#include "app/command_line/help_format.hpp"
#include "app/config/scoped_token_path.hpp"
#include "app/text/text_table.hpp"
#include "app/text/utf8_text.hpp"
#include "app/tokens/token_book.hpp"
#include "app/tokens/token_expiry.hpp"
#include "app/tokens/token_mask.hpp"
#include "app/tokens/token_secret.hpp"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

namespace bridgekeeper::app {

namespace {

constexpr const char* token_footer = R"(Examples:
  bridgekeeper token new --label panel --scope control
  bridgekeeper token new --label farm --scope bridge --agent 'build-*' > secret
  bridgekeeper token list
  bridgekeeper token revoke farm

Exit codes: 0 done, 1 the file cannot be read or written, 2 wrong usage.)";

constexpr const char* new_footer = R"(The token is printed once, on standard
output; the file contains only its hash. A running daemon accepts the token
within a second or two.

Scopes: bridge (register as an agent), read (HTTP GET and event streams),
control (read, dispatch, and the other commands), admin (control and the
console). The page tokens.md of the documentation has the full table.

Examples:
  bridgekeeper token new --label panel --scope control --expires 90d
  bridgekeeper token new --label farm --scope bridge --agent 'build-*' > secret

Exit codes: 0 done, 1 the file cannot be read or written, 2 wrong usage.)";

constexpr const char* list_footer = R"(Examples:
  bridgekeeper token list
  bridgekeeper token list --file /etc/bridgekeeper/scoped-tokens

Exit codes: 0 done, 1 the file cannot be read or contains invalid lines.)";

constexpr const char* revoke_footer =
    R"(Within a second or two, a running daemon
closes the connections that were opened with the token; bridges and control
clients get the close code 4005.

Examples:
  bridgekeeper token revoke farm

Exit codes: 0 done, 1 unknown token, or the file cannot be written.)";

/// Where to find the token file: a path, or the sources from which `serve`
/// would determine it.
struct file_flags {
  std::string file;
  data_dir_flags where;
};

void add_file_flags(CLI::App& command, file_flags& out) {
  command
      .add_option("--file", out.file,
                  wrap_help("The file of scoped tokens. Default: "
                            "auth.scoped_token_file, otherwise DIR/tokens"))
      ->type_name("FILE");
  add_data_dir_flags(command, out.where);
}

/// Returns the path of the token file. Prints an error if the configuration,
/// which names the path, is invalid.
std::optional<std::filesystem::path> find_file(const file_flags& flags) {
  if (!flags.file.empty())
    return flags.file;
  if (auto found = find_config(flags.where))
    return scoped_token_path(*found);
  std::cerr << "Or name the file with --file FILE.\n";
  return std::nullopt;
}

void print_errors(const std::vector<std::string>& errors) {
  for (const auto& error : errors)
    std::cerr << printable(error) << "\n";
}

// -- new ----------------------------------------------------------------------

struct new_flags {
  file_flags where;
  std::string label;
  std::vector<std::string> scopes;
  std::string agents;
  std::string expires;
};

/// Turns the flags into a grant. The failure explains which flag is wrong.
result<token_grant> make_grant(const new_flags& flags) {
  auto wrong = [](std::string what) {
    return failure{errc::invalid_message, std::move(what)};
  };
  token_grant out;
  if (!is_token_label(flags.label))
    return wrong("--label: " + std::string{label_rule});
  out.label = flags.label;
  std::string scopes;
  for (const auto& x : flags.scopes)
    scopes += (scopes.empty() ? "" : ",") + x;
  if (auto problem = read_scopes(scopes, out))
    return wrong("--scope: " + *problem);
  if (!flags.agents.empty()) {
    if (!out.scopes.holds(token_scope::bridge))
      return wrong("--agent: only the scope bridge is bound to agents; add "
                   "--scope bridge");
    if (!is_agent_pattern(flags.agents))
      return wrong("--agent: an agent pattern is 1 to 64 letters, digits, "
                   "hyphens, * and ?, such as 'build-*'");
    out.agents = flags.agents;
  }
  if (!flags.expires.empty()) {
    auto at = parse_token_expiry(flags.expires, wall_clock_now());
    if (!at)
      return wrong("--expires: " + at.error().detail);
    out.expires = *at;
  }
  return out;
}

exit_code run_new(const new_flags& flags) {
  auto grant = make_grant(flags);
  if (!grant) {
    std::cerr << "bridgekeeper token new: " << grant.error().detail << "\n";
    return exit_code::usage;
  }
  auto path = find_file(flags.where);
  if (!path)
    return exit_code::usage;
  token_book book{*path};
  if (!book.errors().empty()) {
    print_errors(book.errors());
    std::cerr << "No token was created, because a daemon would reject the "
                 "file. Correct or remove these lines first.\n";
    return exit_code::failure;
  }
  if (book.has(flags.label)) {
    std::cerr
        << "There is already a token " << flags.label << " in "
        << path->string()
        << ". Choose another --label, or revoke that token first: bridgekeeper "
           "token revoke "
        << flags.label << "\n";
    return exit_code::failure;
  }
  // The grant is saved first: a token that was printed must be valid.
  auto secret = make_token_secret();
  grant->digest = digest_of(secret);
  book.add(*grant);
  std::cout << secret << std::endl;
  if (!std::cout) {
    std::cerr << "The token could not be printed and is lost. Remove it with: "
                 "bridgekeeper token revoke "
              << flags.label << "\n";
    return exit_code::failure;
  }
  std::cerr
      << "Token " << flags.label << " (" << to_scope_text(*grant)
      << ") was added to " << path->string()
      << ". It will not be shown again; the file contains only its hash.\n";
  return exit_code::ok;
}

void add_new(CLI::App& app, command_outcome& out) {
  auto command = app.add_subcommand("new", "Create a token and show it once.");
  auto flags = std::make_shared<new_flags>();
  command
      ->add_option("--label", flags->label,
                   "The token's name in lists, logs and the audit log.")
      ->required();
  command
      ->add_option("--scope", flags->scopes,
                   wrap_help("bridge, control, read or admin; repeat the flag "
                             "or separate scopes with commas"))
      ->check(choices("bridge, control, read, admin"))
      ->required();
  command
      ->add_option("--agent", flags->agents,
                   wrap_help("The agent ids that a bridge may use; * matches "
                             "any characters, ? matches one. Default: any"))
      ->type_name("PATTERN");
  command
      ->add_option("--expires", flags->expires,
                   wrap_help("When the token expires: after a time (90d, 12h), "
                             "on a date (2027-01-31) or at a time "
                             "(2027-01-31T12:00:00Z). Default: never"))
      ->type_name("WHEN");
  add_file_flags(*command, flags->where);
  command->footer(new_footer);
  command->callback([&out, flags] { out.code = run_new(*flags); });
}

// -- list ---------------------------------------------------------------------

exit_code run_list(const file_flags& flags) {
  auto path = find_file(flags);
  if (!path)
    return exit_code::usage;
  if (::access(path->c_str(), R_OK) != 0 && errno == EACCES) {
    std::cerr << "Cannot read " << mask_tokens(path->string()) << ": "
              << std::strerror(EACCES)
              << ". Run the command as the file's owner.\n";
    return exit_code::failure;
  }
  auto now = wall_clock_now();
  auto tokens = read_scoped_tokens(*path, missing_tokens::none);
  text_table table{{"LABEL", "SCOPES", "EXPIRES"}};
  for (const auto& x : tokens.grants)
    table.add({x.label, to_scope_text(x),
               !x.expires ? "never"
                          : to_iso8601_seconds(*x.expires)
                                + (x.has_expired(now) ? " (expired)" : "")});
  if (!table.empty())
    std::cout << printable(table.str());
  print_errors(tokens.errors);
  if (tokens.grants.empty() && tokens.errors.empty())
    std::cerr << "There are no tokens in " << path->string()
              << ". To create one, see: bridgekeeper token new --help\n";
  return tokens.errors.empty() ? exit_code::ok : exit_code::failure;
}

void add_list(CLI::App& app, command_outcome& out) {
  auto command = app.add_subcommand("list", "List tokens, without secrets.");
  auto flags = std::make_shared<file_flags>();
  add_file_flags(*command, *flags);
  command->footer(list_footer);
  command->callback([&out, flags] { out.code = run_list(*flags); });
}

// -- revoke -------------------------------------------------------------------

struct revoke_flags {
  file_flags where;
  std::string label;
};

exit_code run_revoke(const revoke_flags& flags) {
  auto path = find_file(flags.where);
  if (!path)
    return exit_code::usage;
  token_book book{*path};
  if (!book.remove(flags.label)) {
    // The user may have given the token itself instead of its label.
    std::cerr << "There is no token " << mask_tokens(flags.label) << " in "
              << path->string()
              << ". List the tokens with: bridgekeeper token list\n";
    return exit_code::failure;
  }
  std::cerr << "Token " << flags.label << " was revoked.\n";
  if (book.errors().empty())
    return exit_code::ok;
  print_errors(book.errors());
  std::cerr << "A running daemon does not apply the change until these lines "
               "are corrected or removed.\n";
  return exit_code::failure;
}

void add_revoke(CLI::App& app, command_outcome& out) {
  auto command = app.add_subcommand("revoke", "Revoke a token.");
  auto flags = std::make_shared<revoke_flags>();
  command->add_option("LABEL", flags->label, "The token's label.")->required();
  add_file_flags(*command, flags->where);
  command->footer(revoke_footer);
  command->callback([&out, flags] { out.code = run_revoke(*flags); });
}

} // namespace

void add_token(CLI::App& app, command_outcome& out) {
  auto command = app.add_subcommand(
      "token",
      "Create, list and revoke tokens for bridges and control clients.");
  command->require_subcommand(1);
  command->footer(token_footer);
  add_new(*command, out);
  add_list(*command, out);
  add_revoke(*command, out);
}

} // namespace bridgekeeper::app
