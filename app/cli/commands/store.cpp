#include "app/cli/commands.hpp"
#include "app/cli/data_dir_flags.hpp"
#include "app/cli/store_report.hpp"
#include "app/cli/store_work.hpp"
#include "app/command_line/help_format.hpp"
#include "app/text/utf8_text.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <string>

namespace bridgekeeper::app {

namespace {

constexpr const char* store_footer = R"(Examples:
  bridgekeeper store check
  bridgekeeper store backup /backups/store-2027-01-31.db
  bridgekeeper store export | jq -c 'select(.kind == "result")'

The page store.md of the documentation describes the store.

Exit codes: see `bridgekeeper --help`.)";

constexpr const char* check_footer =
    R"(Reads the whole file: first its pages and indexes, then how the rows of
its tables belong together. A daemon may use the store meanwhile.

Examples:
  bridgekeeper store check
  bridgekeeper store check --data-dir /var/lib/bridgekeeper

Exit codes: 0 the store is intact, 1 it is damaged or cannot be read, 2 wrong
usage.)";

constexpr const char* export_footer =
    R"(Prints one JSON object a line. The first member of each, `kind`, is
store, meta, start, agent, session, day, dispatch, task, result, change, event
or idempotency_key. The lines contain the contents of dispatches and results. A
daemon may use the store meanwhile.

If the store is damaged, everything that can be read is exported. Standard error
says what is missing.

Examples:
  bridgekeeper store export --output store.jsonl
  bridgekeeper store export | jq -c 'select(.kind == "result")'

Exit codes: 0 done, 1 some rows or all of the store cannot be read, or the file
cannot be written, 2 wrong usage.)";

constexpr const char* backup_footer =
    R"(The backup is a single file that only its owner can read. It gets its
name when it is complete and on disk. To restore it, stop the daemon, remove
store.db, store.db-wal and store.db-shm from the data directory, copy the backup
to store.db, and make it belong to the daemon's user.

If a daemon uses the store, it makes the backup itself. That requires a token
with the scope admin: from --token-file, otherwise BRIDGEKEEPER_TOKEN, otherwise
DIR/token.

Examples:
  bridgekeeper store backup /backups/store-2027-01-31.db

Exit codes: 0 done, 1 the backup exists or cannot be made, 2 wrong usage, 3 the
daemon cannot be reached, 4 the token is missing or rejected.)";

constexpr const char* vacuum_footer =
    R"(Removed rows leave free space in the file, which new rows use. A vacuum
gives that space back to the disk. The file then no longer contains the bytes of
removed rows. While it runs, a vacuum needs up to twice the space of the rows
that are left.

If a daemon uses the store, it does the work itself. That requires a token with
the scope admin: from --token-file, otherwise BRIDGEKEEPER_TOKEN, otherwise
DIR/token.

Examples:
  bridgekeeper store vacuum

Exit codes: 0 done, 1 the disk has no room or the store cannot be vacuumed, 2
wrong usage, 3 the daemon cannot be reached, 4 the token is missing or
rejected.)";

constexpr const char* erase_footer =
    R"(Erases a dispatch that has ended: its task, results, history and events.
With --agent, erases an agent whose bridge is not connected, and all of that for
each of its dispatches, which must have ended. ID may be the first or last
characters of a dispatch's id.

The rows are overwritten in the store. SQLite may have left older copies in unused
parts of the file; `bridgekeeper store vacuum` removes those. Backups stay as
they are, and so do the log, which may quote errors, and the audit log, which has
the first 100 characters of each task.

If a daemon uses the store, it does the work itself. That requires a token with
the scope admin: from --token-file, otherwise BRIDGEKEEPER_TOKEN, otherwise
DIR/token.

Examples:
  bridgekeeper store erase 0192f0c1-7a3b-7c52-8d1e-5f6a7b8c9d0e
  bridgekeeper store erase --agent build-7

Exit codes: 0 done, 1 the dispatch or agent is unknown or cannot be erased, 2
wrong usage, 3 the daemon cannot be reached, 4 the token is missing or
rejected.)";

constexpr const char* stats_footer = R"(A daemon may use the store meanwhile.

Examples:
  bridgekeeper store stats
  bridgekeeper store stats --json | jq .rows.dispatches

Exit codes: 0 done, 1 the store cannot be read, 2 wrong usage.)";

using store_work = std::function<exit_code(const chosen_store&)>;

/// Runs `work` on the store that the flags name. Prints why it cannot.
exit_code with_store(const data_dir_flags& flags, const std::string& command,
                     const store_work& work) {
  auto found = find_config(flags);
  if (!found)
    return exit_code::usage;
  chosen_store chosen;
  chosen.data_dir = found->server.data_dir;
  chosen.file.path = chosen.data_dir + "/" + store::file_name;
  auto name = "bridgekeeper store " + command + ": ";
  std::error_code error;
  if (!std::filesystem::exists(chosen.file.path, error)) {
    auto where = printable(chosen.data_dir);
    std::cerr << name
              << (error ? "Cannot look into " + where + ": " + error.message()
                              + ". Run the command as the daemon's user.\n"
                        : "There is no store in " + where + ": it has no "
                              + store::file_name
                              + ". Name the daemon's data directory with "
                                "--data-dir DIR.\n");
    return exit_code::failure;
  }
  try {
    return work(chosen);
  } catch (const std::exception& problem) {
    std::cerr << name << store_problem(problem, chosen.file.path, command)
              << "\n";
    return exit_code::failure;
  }
}

struct store_flags {
  data_dir_flags where;
  std::string file;
  std::string dispatch;
  std::string agent;
  std::string token_file;
  bool json = false;
};

/// Adds a subcommand whose work gets the flags.
CLI::App* add_store_command(
    CLI::App& app, command_outcome& out, const std::string& name,
    const std::string& description, const char* footer,
    const std::shared_ptr<store_flags>& flags,
    const std::function<exit_code(const chosen_store&, const store_flags&)>&
        work) {
  auto command = app.add_subcommand(name, description);
  add_data_dir_flags(*command, flags->where);
  command->footer(footer);
  command->callback([&out, flags, name, work] {
    out.code = with_store(flags->where, name, [&](const auto& chosen) {
      return work(chosen, *flags);
    });
  });
  return command;
}

/// For the commands that may have to ask a daemon.
void add_token_file(CLI::App& command, store_flags& out) {
  command
      .add_option("--token-file", out.token_file,
                  wrap_help("File with the token for a daemon that uses the "
                            "store. Default: $BRIDGEKEEPER_TOKEN, otherwise "
                            "$VIBEFORGE_AUTH_TOKEN, otherwise DIR/token"))
      ->type_name("FILE");
}

/// Rejects the empty text that `"$FILE"` passes if the shell variable is not
/// set: it would name the current directory.
std::string complaint_about_nothing(const std::string& text) {
  return text.empty() ? "expected the name of a new file, got nothing" : "";
}

std::string complaint_about_no_id(const std::string& text) {
  return text.empty() ? "expected an id, got nothing" : "";
}

} // namespace

void add_store(CLI::App& app, command_outcome& out) {
  auto command =
      app.add_subcommand("store", "Check, export, back up, erase from and "
                                  "vacuum the store of dispatches.");
  command->require_subcommand(1);
  command->footer(store_footer);
  auto flags = std::make_shared<store_flags>();
  add_store_command(
      *command, out, "check", "Check that the store is intact.", check_footer,
      flags, [](const auto& chosen, const auto&) { return check(chosen); });
  add_store_command(*command, out, "export", "Print the store as JSON lines.",
                    export_footer, flags,
                    [](const auto& chosen, const auto& x) {
                      return export_lines(chosen, x.file);
                    })
      ->add_option("--output", flags->file,
                   wrap_help("Write to this file, which must not exist, "
                             "instead of standard output"))
      ->type_name("FILE");
  auto backup = add_store_command(
      *command, out, "backup", "Copy the store to a new file.", backup_footer,
      flags, [](const auto& chosen, const auto& x) {
        return back_up(chosen, x.file, x.token_file);
      });
  backup->add_option("FILE", flags->file, "The backup, which must not exist")
      ->check(complaint_about_nothing)
      ->type_name("")
      ->required();
  add_token_file(*backup, *flags);
  auto erasing = add_store_command(
      *command, out, "erase", "Erase a dispatch or an agent.", erase_footer,
      flags, [](const auto& chosen, const auto& x) {
        return erase(chosen, x.dispatch, x.agent, x.token_file);
      });
  auto what = erasing->add_option_group("what");
  what->add_option("ID", flags->dispatch, "The dispatch")
      ->check(complaint_about_no_id)
      ->type_name("");
  what->add_option("--agent", flags->agent,
                   "The agent to erase, with its dispatches")
      ->check(complaint_about_no_id)
      ->type_name("ID");
  what->require_option(1);
  add_token_file(*erasing, *flags);
  auto vacuuming = add_store_command(
      *command, out, "vacuum",
      "Give the space of removed rows back to the disk.", vacuum_footer, flags,
      [](const auto& chosen, const auto& x) {
        return vacuum(chosen, x.token_file);
      });
  add_token_file(*vacuuming, *flags);
  add_store_command(*command, out, "stats", "Show how much the store contains.",
                    stats_footer, flags,
                    [](const auto& chosen, const auto& x) {
                      return show_statistics(chosen, x.json);
                    })
      ->add_flag("--json", flags->json, "Print one JSON object");
}

} // namespace bridgekeeper::app
