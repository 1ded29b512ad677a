#include "store/dispatches/gathered_wal.hpp"

#include "store/dispatches/crash_points.hpp"

#include <SQLiteCpp/Exception.h>
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <new>
#include <sqlite3.h>
#include <utility>

namespace bridgekeeper::store {

namespace {

/// The size of the header in front of each page: see section 4.2 of
/// https://www.sqlite.org/fileformat2.html. No other write has it, because
/// SQLite divides pages only on disks without SQLITE_IOCAP_POWERSAFE_OVERWRITE,
/// for which nothing is gathered.
constexpr int frame_header_size = 24;

/// SQLite's VFS for Unix writes less than 128 KiB at once.
constexpr std::size_t most_gathered = 64 * 1024;

/// The header of the last frame of a transaction has the size of the database
/// file; the others have 0.
bool is_last_of_transaction(const void* frame_header) noexcept {
  std::array<char, 4> size{};
  std::memcpy(size.data(), static_cast<const char*>(frame_header) + 4,
              size.size());
  return size != std::array<char, 4>{};
}

/// The WAL as SQLite sees it. The file of the inner VFS follows it in memory.
struct wal_file : sqlite3_file {
  std::unique_ptr<char[]> gathered;
  std::size_t size = 0;
  /// Where the first of the gathered bytes belongs.
  sqlite3_int64 begin = 0;
  /// Where a frame must begin to follow the last write; -1: none does.
  sqlite3_int64 end = -1;
  bool is_last = false;

  [[nodiscard]] sqlite3_file* inner() noexcept {
    return reinterpret_cast<sqlite3_file*>(this + 1);
  }

  /// What failed is forgotten: SQLite rolls the transaction back.
  [[nodiscard]] int flush() noexcept {
    if (size == 0)
      return SQLITE_OK;
    auto code = inner()->pMethods->xWrite(inner(), gathered.get(),
                                          static_cast<int>(size), begin);
    size = 0;
    if (code != SQLITE_OK)
      end = -1;
    return code;
  }

  /// Writes without gathering.
  [[nodiscard]] int pass(const void* from, int count,
                         sqlite3_int64 at) noexcept {
    auto code = flush();
    if (code == SQLITE_OK)
      code = inner()->pMethods->xWrite(inner(), from, count, at);
    end = code == SQLITE_OK ? at + count : -1;
    return code;
  }

  [[nodiscard]] int write(const void* from, int count,
                          sqlite3_int64 at) noexcept {
    if ((inner()->pMethods->xDeviceCharacteristics(inner())
         & SQLITE_IOCAP_POWERSAFE_OVERWRITE)
        == 0)
      return pass(from, count, at);
    if (count == frame_header_size)
      is_last = is_last_of_transaction(from);
    auto bytes = static_cast<std::size_t>(count);
    // SQLite may change headers after it has written the last frame.
    if (at != end || bytes > most_gathered)
      return pass(from, count, at);
    if (size + bytes > most_gathered)
      if (auto code = flush(); code != SQLITE_OK)
        return code;
    if (size == 0)
      begin = at;
    std::memcpy(gathered.get() + size, from, bytes);
    size += bytes;
    end = at + count;
    return is_last && count != frame_header_size ? flush() : SQLITE_OK;
  }
};

wal_file& wal(sqlite3_file* x) noexcept {
  return *static_cast<wal_file*>(x);
}

sqlite3_file* inner(sqlite3_file* x) noexcept {
  return wal(x).inner();
}

// -- the methods of the file --------------------------------------------------

int close_wal(sqlite3_file* x) {
  // What is gathered belongs to a transaction that has not been committed.
  auto code = inner(x)->pMethods->xClose(inner(x));
  wal(x).~wal_file();
  return code;
}

int read_wal(sqlite3_file* x, void* to, int count, sqlite3_int64 at) {
  crash_point("checkpointed_page");
  auto code = wal(x).flush();
  return code != SQLITE_OK ? code
                           : inner(x)->pMethods->xRead(inner(x), to, count, at);
}

int write_wal(sqlite3_file* x, const void* from, int count, sqlite3_int64 at) {
  return wal(x).write(from, count, at);
}

int truncate_wal(sqlite3_file* x, sqlite3_int64 size) {
  auto code = wal(x).flush();
  wal(x).end = -1;
  return code != SQLITE_OK ? code
                           : inner(x)->pMethods->xTruncate(inner(x), size);
}

int sync_wal(sqlite3_file* x, int flags) {
  auto code = wal(x).flush();
  return code != SQLITE_OK ? code : inner(x)->pMethods->xSync(inner(x), flags);
}

int size_of_wal(sqlite3_file* x, sqlite3_int64* out) {
  auto code = wal(x).flush();
  return code != SQLITE_OK ? code
                           : inner(x)->pMethods->xFileSize(inner(x), out);
}

int lock_wal(sqlite3_file* x, int level) {
  return inner(x)->pMethods->xLock(inner(x), level);
}

int unlock_wal(sqlite3_file* x, int level) {
  return inner(x)->pMethods->xUnlock(inner(x), level);
}

int check_lock_of_wal(sqlite3_file* x, int* out) {
  return inner(x)->pMethods->xCheckReservedLock(inner(x), out);
}

int control_wal(sqlite3_file* x, int what, void* argument) {
  return inner(x)->pMethods->xFileControl(inner(x), what, argument);
}

int sector_size_of_wal(sqlite3_file* x) {
  return inner(x)->pMethods->xSectorSize(inner(x));
}

int properties_of_wal(sqlite3_file* x) {
  return inner(x)->pMethods->xDeviceCharacteristics(inner(x));
}

/// Version 1: the WAL needs neither shared memory nor mapping.
constexpr sqlite3_io_methods wal_methods{1,
                                         close_wal,
                                         read_wal,
                                         write_wal,
                                         truncate_wal,
                                         sync_wal,
                                         size_of_wal,
                                         lock_wal,
                                         unlock_wal,
                                         check_lock_of_wal,
                                         control_wal,
                                         sector_size_of_wal,
                                         properties_of_wal,
                                         nullptr,
                                         nullptr,
                                         nullptr,
                                         nullptr,
                                         nullptr,
                                         nullptr};

// -- the VFS ------------------------------------------------------------------

/// All functions except `xOpen` are those of the inner VFS, which find what
/// they need in the copied members.
struct gathering_vfs : sqlite3_vfs {
  sqlite3_vfs* inner = nullptr;
  std::string name;
};

int open_file(sqlite3_vfs* self, sqlite3_filename name, sqlite3_file* out,
              int flags, int* out_flags) {
  auto* inner = static_cast<gathering_vfs*>(self)->inner;
  if ((flags & SQLITE_OPEN_WAL) == 0)
    return inner->xOpen(inner, name, out, flags, out_flags);
  out->pMethods = nullptr;
  std::unique_ptr<char[]> memory{new (std::nothrow) char[most_gathered]};
  if (!memory)
    return SQLITE_NOMEM;
  auto* mine = new (out) wal_file{};
  mine->gathered = std::move(memory);
  auto code = inner->xOpen(inner, name, mine->inner(), flags, out_flags);
  if (mine->inner()->pMethods != nullptr) {
    mine->pMethods = &wal_methods;
  } else {
    mine->~wal_file();
    out->pMethods = nullptr;
  }
  return code;
}

} // namespace

std::string gathered_wal_vfs(const std::string& inner) {
  static std::mutex mutex;
  // SQLite keeps pointers to them as long as the process lives, so they are
  // never destroyed.
  static auto& all = *new std::deque<gathering_vfs>;
  auto* found = sqlite3_vfs_find(inner.empty() ? nullptr : inner.c_str());
  if (found == nullptr)
    throw SQLite::Exception("no such vfs: " + inner, SQLITE_ERROR);
  std::lock_guard guard{mutex};
  auto known = std::find_if(all.begin(), all.end(), [found](const auto& x) {
    return x.inner == found;
  });
  if (known != all.end())
    return known->name;
  auto& out = all.emplace_back();
  static_cast<sqlite3_vfs&>(out) = *found;
  out.inner = found;
  out.name = std::string{"gathered-wal-"} + found->zName;
  out.zName = out.name.c_str();
  out.szOsFile += static_cast<int>(sizeof(wal_file));
  out.xOpen = open_file;
  out.pNext = nullptr;
  if (auto code = sqlite3_vfs_register(&out, 0); code != SQLITE_OK) {
    all.pop_back();
    throw SQLite::Exception("cannot register a vfs", code);
  }
  return out.name;
}

} // namespace bridgekeeper::store
