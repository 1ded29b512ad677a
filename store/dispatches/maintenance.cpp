#include "store/dispatches/maintenance.hpp"

#include "store/dispatches/fault.hpp"
#include "store/dispatches/migrate.hpp"
#include "store/dispatches/statement.hpp"

#include <array>
#include <filesystem>
#include <system_error>

namespace bridgekeeper::store {

namespace {

std::uint64_t size_of(const std::string& path) {
  std::error_code error;
  auto out = std::filesystem::file_size(path, error);
  return error ? 0 : out;
}

std::optional<dated_dispatch> first_dispatch(SQLite::Database& db,
                                             const std::string& order) {
  statement query{db, "SELECT id, created_us FROM dispatches ORDER BY n "
                          + order + " LIMIT 1"};
  if (!query.start().step())
    return std::nullopt;
  dated_dispatch out{query.id(0), query.time(1)};
  query.done();
  return out;
}

} // namespace

std::unique_ptr<SQLite::Database>
open_existing(const connection_options& file) {
  auto out = open_reader(file);
  try {
    if (version_of(*out, migrations()) > 0)
      return out;
  } catch (const SQLite::Exception& problem) {
    if (classify(problem.getErrorCode(), 0) != fault::corrupt)
      throw;
    // A damaged page is what the caller may be looking for.
    return out;
  }
  throw open_error{fault::read_only,
                   "The file " + file.path
                       + " is empty. The daemon completes it when it starts."};
}

store_statistics statistics_of(const connection_options& file) {
  auto db = open_existing(file);
  store_statistics out;
  out.file_bytes = size_of(file.path);
  out.wal_bytes = size_of(file.path + "-wal");
  out.free_bytes =
      static_cast<std::uint64_t>(number_of(*db, "PRAGMA freelist_count")
                                 * number_of(*db, "PRAGMA page_size"));
  out.schema = number_of(*db, "PRAGMA user_version");
  out.starts = number_of(*db, "SELECT count(*) FROM starts");
  constexpr std::array<const char*, 9> states{
      "queued", "sent",      "accepted",  "running", "completed",
      "failed", "timed_out", "cancelled", "lost"};
  statement counts{*db, "SELECT state, count(*) FROM dispatches GROUP BY 1"};
  for (counts.start(); counts.step();) {
    auto state = static_cast<std::size_t>(counts.number(0));
    auto name = state < states.size() ? states[state] : "unknown";
    out.dispatches_by_state[name] += counts.number(1);
  }
  out.oldest = first_dispatch(*db, "ASC");
  out.newest = first_dispatch(*db, "DESC");
  for (const auto* table :
       {"agents", "sessions", "days", "dispatches", "tasks", "results",
        "changes", "events", "idempotency", "starts"})
    out.rows_by_table[table] =
        number_of(*db, (std::string{"SELECT count(*) FROM "} + table).c_str());
  return out;
}

} // namespace bridgekeeper::store
