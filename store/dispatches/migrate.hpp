#pragma once

#include "store/dispatches/schema.hpp"

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace bridgekeeper::store {

/// The schema's version of an open file; 0 for a new one. Throws `open_error`
/// if another program made the file, or a later version of this one.
[[nodiscard]] std::int32_t version_of(SQLite::Database& db,
                                      std::span<const migration> steps);

/// The name of the backup that `migrate` makes before it leaves a version.
[[nodiscard]] std::string backup_name(const std::string& path,
                                      std::int32_t version);

/// Called before a migration that may take long, with the version of the file
/// and the one that it will have. What it throws ends the migration.
using migration_notice =
    std::function<void(std::int32_t from, std::int32_t to)>;

/// Brings the file to the version of the last step, with one transaction for
/// each step. A file that already has a schema is first backed up beside the
/// original (`backup_name`); the backup replaces that of an interrupted run.
/// Returns the version that the file had. Throws `open_error` if the disk has
/// no room for the backup and for the work, and `SQLite::Exception`. `notice`,
/// if set, is called once it is certain that a file with a schema has to be
/// migrated and that there is room.
std::int32_t migrate(SQLite::Database& db,
                     std::span<const migration> steps = migrations(),
                     const migration_notice& notice = {});

} // namespace bridgekeeper::store
