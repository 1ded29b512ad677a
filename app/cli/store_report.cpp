#include "app/cli/store_report.hpp"

#include "app/text/text_table.hpp"
#include "app/text/utf8_text.hpp"
#include "protocol/json_writer.hpp"
#include "store/dispatches/fault.hpp"

#include <SQLiteCpp/Exception.h>
#include <array>
#include <optional>
#include <sqlite3.h>

namespace bridgekeeper::app {

namespace {

constexpr std::size_t most_lost_lines = 100;

constexpr std::string_view after_damage =
    " Restore a backup, or save what can be read with: bridgekeeper store "
    "export --output FILE";

std::string rows_json(const std::map<std::string, std::int64_t>& rows) {
  protocol::json_writer out;
  for (const auto& [name, count] : rows)
    out.number(name, count);
  return out.finish();
}

std::string dispatch_json(const std::optional<store::dated_dispatch>& x) {
  if (!x)
    return "null";
  return protocol::json_writer{}
      .string("message_id", x->id)
      .string("created_at", to_iso8601(x->created))
      .finish();
}

std::string dispatch_text(const std::optional<store::dated_dispatch>& x) {
  return x ? without_controls(x->id) + ", " + to_iso8601_seconds(x->created)
           : "-";
}

std::string rows_text(const char* first, const char* second,
                      const std::map<std::string, std::int64_t>& rows) {
  text_table out{{first, second}};
  for (const auto& [name, count] : rows)
    out.add({name, std::to_string(count)});
  return out.empty() ? std::string{} : "\n" + out.str();
}

/// What to do about a fault, after a sentence that says what it is.
std::string_view next_step(store::fault why, std::string_view command) {
  switch (why) {
  case store::fault::corrupt:
    return command == "check"    ? after_damage
           : command == "export" ? " Restore a backup."
                                 : " To see what is damaged, run: "
                                   "bridgekeeper store check";
  case store::fault::read_only:
    // Even readers write the index of the WAL.
    return " Run the command as the daemon's user.";
  case store::fault::full:
    return " Make room and run the command again.";
  case store::fault::busy:
    return " Close that program and run the command again.";
  default:
    return {};
  }
}

} // namespace

std::string damage_text(const std::string& path) {
  return printable("The store " + path + " is damaged."
                   + std::string{after_damage});
}

std::string rounded_size(std::uint64_t bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  // Tenths of the unit, rounded.
  auto tenths = bytes * 10;
  for (; tenths >= 10'240 && unit + 1 < units.size(); ++unit)
    tenths = (tenths + 512) / 1'024;
  auto out = std::to_string(tenths / 10);
  if (unit > 0)
    out += "." + std::to_string(tenths % 10);
  return out + " " + units[unit];
}

std::string store_table(const store::store_statistics& x,
                        const std::string& path) {
  std::string out;
  auto add = [&out](std::string name, const std::string& value) {
    name.resize(8, ' ');
    out += name + value + "\n";
  };
  add("store", without_controls(path));
  add("schema", std::to_string(x.schema));
  add("starts", std::to_string(x.starts));
  add("file", rounded_size(x.file_bytes) + " (" + rounded_size(x.free_bytes)
                  + " free)");
  add("WAL", rounded_size(x.wal_bytes));
  add("oldest", dispatch_text(x.oldest));
  add("newest", dispatch_text(x.newest));
  out += rows_text("TABLE", "ROWS", x.rows_by_table);
  out += rows_text("STATE", "DISPATCHES", x.dispatches_by_state);
  return printable(out);
}

std::string store_json(const store::store_statistics& x,
                       const std::string& path) {
  auto bytes = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
  return printable_json(protocol::json_writer{}
                            .string("path", path)
                            .number("schema", x.schema)
                            .number("starts", x.starts)
                            .number("file_bytes", bytes(x.file_bytes))
                            .number("free_bytes", bytes(x.free_bytes))
                            .number("wal_bytes", bytes(x.wal_bytes))
                            .raw("oldest", dispatch_json(x.oldest))
                            .raw("newest", dispatch_json(x.newest))
                            .raw("rows", rows_json(x.rows_by_table))
                            .raw("dispatches", rows_json(x.dispatches_by_state))
                            .finish());
}

std::string check_lines(std::string_view rule,
                        const std::vector<std::string>& findings) {
  auto out =
      (findings.empty() ? "ok      " : "BROKEN  ") + std::string{rule} + "\n";
  for (const auto& x : findings)
    out += "        " + without_controls(x) + "\n";
  return printable(out);
}

std::string lost_lines(const std::vector<store::lost_rows>& lost) {
  std::string out;
  std::size_t lines = 0;
  for (const auto& x : lost) {
    if (++lines > most_lost_lines) {
      out += "… and " + std::to_string(lost.size() - most_lost_lines)
             + " more ranges\n";
      break;
    }
    auto table = "not readable: " + std::string{x.table};
    if (x.last < x.first)
      out += table + ", the rest of the table\n";
    else if (x.last == x.first)
      out += table + ", number " + std::to_string(x.first) + "\n";
    else
      out += table + ", numbers " + std::to_string(x.first) + " to "
             + std::to_string(x.last) + "\n";
  }
  return out;
}

std::string store_problem(const std::exception& problem,
                          const std::string& path, std::string_view command) {
  const auto* from_sqlite = dynamic_cast<const SQLite::Exception*>(&problem);
  if (from_sqlite == nullptr)
    return printable(problem.what());
  auto why = store::classify(from_sqlite->getErrorCode(), 0);
  // Other errors of SQLite count as the disk's while the daemon runs.
  auto is_known = why != store::fault::io_error
                  || from_sqlite->getErrorCode() == SQLITE_IOERR;
  auto what = !is_known ? std::string_view{"The store cannot be used"}
              : why == store::fault::read_only
                  ? std::string_view{"The store's file cannot be opened"}
                  : sentence(why);
  return printable(std::string{what} + " (" + path + ": " + problem.what()
                   + ")." + std::string{next_step(why, command)});
}

} // namespace bridgekeeper::app
