#include "store/dispatches/connection.hpp"

#include "store/dispatches/fault.hpp"
#include "store/dispatches/gathered_wal.hpp"
#include "store/dispatches/user_name.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <linux/magic.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <tuple>
#include <unistd.h>

namespace bridgekeeper::store {

namespace {

constexpr const char* choose_another =
    " Choose another directory with --data-dir DIR, or durability = \"none\".";

[[noreturn]] void refuse(fault why, const std::string& path,
                         const std::string& reason) {
  throw open_error{why, "Cannot use the store " + path + ": " + reason + "."
                            + choose_another};
}

/// What makes a file usable that this process may not read and write.
std::string way_to_access(const std::string& file, uid_t owner) {
  auto user = name_of(::geteuid());
  // Giving a file to its owner would change nothing.
  if (owner == ::geteuid())
    return ". It belongs to " + user
           + ", as whom this program runs, but its mode forbids this. Permit "
             "it: chmod u+rw "
           + file;
  return ". It belongs to " + name_of(owner) + ", and this program runs as "
         + user + ". Give it to that user: chown " + user + ": " + file;
}

/// SQLite only says that it cannot open the file. The advice to choose another
/// store would hide that this one is intact.
void check_access(const std::string& path) {
  for (const auto* part : {"", "-wal", "-shm"}) {
    auto file = path + part;
    struct stat info {};
    if (::faccessat(AT_FDCWD, file.c_str(), R_OK | W_OK, AT_EACCESS) == 0
        || errno != EACCES || ::stat(file.c_str(), &info) != 0)
      continue;
    throw open_error{fault::read_only, "Cannot use the store " + file + ": "
                                           + std::strerror(EACCES)
                                           + way_to_access(file, info.st_uid)};
  }
}

void check_directory(const std::string& path) {
  auto directory = std::filesystem::path{path}.parent_path();
  struct statfs info {};
  if (::statfs(directory.empty() ? "." : directory.c_str(), &info) != 0)
    refuse(fault::read_only, path, std::strerror(errno));
  if (is_network_file_system(info.f_type))
    refuse(fault::read_only, path,
           "its directory is on a network file system, which cannot hold it");
}

/// Whether the disk has room for the first part of the WAL's index.
bool has_room(const std::string& path) noexcept {
  constexpr std::uint64_t least = 32 << 10;
  struct statfs info {};
  return ::statfs(path.c_str(), &info) != 0
         || static_cast<std::uint64_t>(info.f_bavail)
                    * static_cast<std::uint64_t>(info.f_bsize)
                >= least;
}

/// SQLite would create the file readable for everyone. Must run before the
/// first connection exists: closing a file drops all of the process's locks.
void create_private(const std::string& path) {
  auto file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0) {
    ::close(file);
    return;
  }
  if (errno == EEXIST)
    return;
  auto error = errno;
  refuse(classify(SQLITE_CANTOPEN, error), path, std::strerror(error));
}

/// SQLite's statistics of memory would take a lock for each allocation. Has no
/// effect if the process has used SQLite before.
void configure_once() {
  static const auto code = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  std::ignore = code;
}

/// Whether WAL mode is on. SQLite keeps the previous mode where shared memory
/// does not work.
bool switch_to_wal(SQLite::Database& db) {
  return db.execAndGet("PRAGMA journal_mode = WAL").getString() == "wal";
}

void set_up_writer(SQLite::Database& db) {
  // The process checkpoints when it chooses to; see `writer`.
  for (auto pragma :
       {"wal_autocheckpoint = 0", "synchronous = FULL",
        "journal_size_limit = 67108864", "secure_delete = FAST",
        "cache_size = -8192", "temp_store = MEMORY", "trusted_schema = OFF",
        "cell_size_check = ON", "mmap_size = 0", "foreign_keys = OFF"})
    set_pragma(db, pragma);
}

} // namespace

bool is_network_file_system(std::int64_t type) noexcept {
  // From linux/magic.h and the sources of the file systems: nfs, smb, cifs,
  // smb2, 9p, afs, coda, ceph, lustre, gfs2, ocfs2.
  constexpr std::array<std::int64_t, 11> known{
      0x6969,     0x517b,     0xff534d42, 0xfe534d42, 0x01021997, 0x5346414f,
      0x73757245, 0x00c36400, 0x0bd00bd0, 0x01161970, 0x7461636f};
  return std::find(known.begin(), known.end(), type) != known.end();
}

bool is_in_memory(const std::string& path) noexcept {
  struct statfs info {};
  if (::statfs(path.c_str(), &info) != 0)
    return false;
  auto type = static_cast<std::uint32_t>(info.f_type);
  return type == TMPFS_MAGIC || type == RAMFS_MAGIC;
}

void set_pragma(SQLite::Database& db, const char* pragma) {
  db.exec(std::string{"PRAGMA "} + pragma);
}

std::unique_ptr<SQLite::Database>
open_writer(const connection_options& options) {
  configure_once();
  check_directory(options.path);
  create_private(options.path);
  check_access(options.path);
  auto db = std::make_unique<SQLite::Database>(
      options.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
      options.busy_ms, gathered_wal_vfs(options.vfs));
  sqlite3_extended_result_codes(db->getHandle(), 1);
  if (sqlite3_db_readonly(db->getHandle(), "main") != 0)
    refuse(fault::read_only, options.path,
           "the file is not writable for this user");
  try {
    if (!switch_to_wal(*db))
      refuse(fault::read_only, options.path,
             "its file system does not support shared memory");
    set_up_writer(*db);
  } catch (const SQLite::Exception& problem) {
    // Only this connection knows that the disk is full rather than broken,
    // except if the index of the WAL has no room.
    auto why =
        classify(problem.getErrorCode(), sqlite3_system_errno(db->getHandle()));
    if (why == fault::io_error && !has_room(options.path))
      why = fault::full;
    if (why == fault::full || why == fault::read_only)
      refuse(why, options.path, problem.what());
    throw;
  }
  return db;
}

std::unique_ptr<SQLite::Database>
open_reader(const connection_options& options) {
  configure_once();
  auto db = std::make_unique<SQLite::Database>(
      options.path, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, options.busy_ms,
      options.vfs);
  sqlite3_extended_result_codes(db->getHandle(), 1);
  std::ignore = sqlite3_db_config(db->getHandle(),
                                  SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  for (auto pragma :
       {"query_only = ON", "cache_size = -4096", "temp_store = MEMORY",
        "trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0"})
    set_pragma(*db, pragma);
  return db;
}

} // namespace bridgekeeper::store
