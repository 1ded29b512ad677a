#pragma once

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <memory>
#include <string>

namespace bridgekeeper::store {

/// The name of the store's file in the data directory.
inline constexpr const char* file_name = "store.db";

struct connection_options {
  /// The path of the file.
  std::string path;
  /// The name of SQLite's VFS; empty: the default one. For tests.
  std::string vfs;
  /// How long a writer waits for another program's lock.
  int busy_ms = 2'000;
};

/// Opens the one connection that writes, and creates the file (mode 0600) if it
/// is missing. Sets all pragmas, but neither checks nor migrates the schema.
/// Throws `open_error` if the directory cannot hold the store, and
/// `SQLite::Exception`.
[[nodiscard]] std::unique_ptr<SQLite::Database>
open_writer(const connection_options& options);

/// Opens a connection that only reads, ends no checkpoint, and needs a writer
/// or an intact file. Any number of them may exist; each belongs to one thread.
[[nodiscard]] std::unique_ptr<SQLite::Database>
open_reader(const connection_options& options);

/// Whether a file system of this type (`statfs::f_type`) is known to be shared
/// by several machines. The WAL's index is shared memory, so it works on one
/// machine only.
[[nodiscard]] bool is_network_file_system(std::int64_t type) noexcept;

/// Whether a file of this path is in memory (tmpfs, ramfs), so that no sync
/// saves it from a power failure. False if that cannot be told.
[[nodiscard]] bool is_in_memory(const std::string& path) noexcept;

/// Runs `PRAGMA name = value`.
void set_pragma(SQLite::Database& db, const char* pragma);

} // namespace bridgekeeper::store
