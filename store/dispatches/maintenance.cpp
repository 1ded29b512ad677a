#include "store/dispatches/maintenance.hpp"

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

} // namespace

std::vector<std::string> check_store(const connection_options& file) {
  auto db = open_reader(file);
  std::vector<std::string> out;
  try {
    statement query{*db, "PRAGMA integrity_check(100)"};
    for (query.start(); query.step();)
      out.push_back(query.text(0));
  } catch (const SQLite::Exception& problem) {
    // Some damage keeps the check itself from going on.
    out.emplace_back(problem.what());
  }
  if (out.size() == 1 && out[0] == "ok")
    out.clear();
  return out;
}

store_statistics statistics_of(const connection_options& file) {
  auto db = open_reader(file);
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
  for (counts.start(); counts.step();)
    out.dispatches_by_state[states.at(
        static_cast<std::size_t>(counts.number(0)))] = counts.number(1);
  for (const auto* table : {"agents", "sessions", "dispatches", "tasks",
                            "results", "changes", "events", "idempotency"})
    out.rows_by_table[table] =
        number_of(*db, (std::string{"SELECT count(*) FROM "} + table).c_str());
  return out;
}

} // namespace bridgekeeper::store
