#pragma once

#include "store/dispatches/schema.hpp"

#include <SQLiteCpp/Database.h>
#include <cstdint>
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

/// Brings the file to the version of the last step, with one transaction for
/// each step. A file that already has a schema is first backed up beside the
/// original (`backup_name`); the backup replaces that of an interrupted run.
/// Returns the version that the file had. Throws `open_error` if the disk has
/// no room for the backup and for the work, and `SQLite::Exception`.
std::int32_t migrate(SQLite::Database& db,
                     std::span<const migration> steps = migrations());

} // namespace bridgekeeper::store
