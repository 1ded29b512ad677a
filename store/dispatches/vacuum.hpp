#pragma once

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace bridgekeeper::store {

/// The disk lacks the room that a vacuum may need. `what()` says how much that
/// is, and what to do next.
class no_room : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// How much free space a vacuum may need: a copy of all that is in use goes to
/// a temporary file beside the store, and then to the WAL. Throws
/// `SQLite::Exception`.
[[nodiscard]] std::uint64_t room_for_vacuum(SQLite::Database& db);

/// Throws `no_room` if a vacuum may need more bytes than are available in
/// `directory`.
void check_room(std::uint64_t needed, std::uint64_t available,
                const std::string& directory);

/// Gives the space of removed rows back to the disk, once the WAL has been
/// truncated; the file then no longer contains their bytes. `db` must be the
/// connection that writes. If it fails, the store is as before. Blocks. No
/// other thread may have SQLite create temporary files meanwhile: their
/// directory is a setting of the process. Throws `no_room` and
/// `SQLite::Exception`.
void vacuum(SQLite::Database& db);

} // namespace bridgekeeper::store
