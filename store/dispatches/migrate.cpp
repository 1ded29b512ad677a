#include "store/dispatches/migrate.hpp"

#include "store/dispatches/backup.hpp"
#include "store/dispatches/connection.hpp"
#include "store/dispatches/crash_points.hpp"
#include "store/dispatches/fault.hpp"
#include "store/dispatches/statement.hpp"

#include <SQLiteCpp/Transaction.h>
#include <filesystem>

namespace bridgekeeper::store {

namespace {

/// Migrations may rewrite whole tables: the backup, the WAL and the file may
/// each get as large as the file is now.
constexpr std::uintmax_t copies_needed = 3;

void check_room(const std::string& path) {
  std::error_code error;
  auto size = std::filesystem::file_size(path, error);
  auto space = std::filesystem::space(
      std::filesystem::absolute(path).parent_path(), error);
  if (error || space.available >= copies_needed * size)
    return;
  throw open_error{
      fault::full,
      "The store " + path + " must be converted for this version, which needs "
          + std::to_string(copies_needed * size >> 20)
          + " MiB of free space; only " + std::to_string(space.available >> 20)
          + " MiB are free. Make room and start again."};
}

void apply(SQLite::Database& db, const migration& step) {
  SQLite::Transaction all{db, SQLite::TransactionBehavior::IMMEDIATE};
  db.exec(std::string{step.sql});
  set_pragma(db, ("user_version = " + std::to_string(step.to)).c_str());
  set_pragma(db,
             ("application_id = " + std::to_string(application_id)).c_str());
  crash_point("migration");
  all.commit();
}

} // namespace

std::int32_t version_of(SQLite::Database& db,
                        std::span<const migration> steps) {
  auto owner = number_of(db, "PRAGMA application_id");
  auto version =
      static_cast<std::int32_t>(number_of(db, "PRAGMA user_version"));
  auto is_empty = number_of(db, "SELECT count(*) FROM sqlite_schema") == 0;
  if (owner == 0 && version == 0 && is_empty)
    return 0;
  if (owner != application_id)
    throw open_error{fault::read_only,
                     "The file " + db.getFilename()
                         + " belongs to another program. Move it away, or "
                           "choose another directory with --data-dir DIR."};
  auto newest = steps.empty() ? 0 : steps.back().to;
  if (version > newest)
    throw open_error{
        fault::newer_schema,
        "A later version of Bridgekeeper has written the store "
            + db.getFilename() + " (schema " + std::to_string(version)
            + "; this version knows " + std::to_string(newest)
            + "). Install that version, or restore the backup that it made: "
            + backup_name(db.getFilename(), newest) + "."};
  return version;
}

std::string backup_name(const std::string& path, std::int32_t version) {
  return path + ".v" + std::to_string(version) + ".backup";
}

std::int32_t migrate(SQLite::Database& db, std::span<const migration> steps,
                     const migration_notice& notice) {
  auto before = version_of(db, steps);
  if (steps.empty() || before == steps.back().to)
    return before;
  if (before > 0) {
    check_room(db.getFilename());
    if (notice)
      notice(before, steps.back().to);
    back_up(db, backup_name(db.getFilename(), before));
  }
  for (const auto& step : steps)
    if (step.to > before)
      apply(db, step);
  return before;
}

} // namespace bridgekeeper::store
