#include "store/dispatches/failing_vfs.hpp"

#include <cerrno>
#include <cstring>
#include <mutex>
#include <new>
#include <sqlite3.h>

namespace bridgekeeper::test {

namespace {

struct rule {
  bool is_set = false;
  failures::call which{};
  int error = 0;
  int nth = 1;
  int times = 0;
  std::string suffix;
};

std::mutex mutex;
rule current;
int seen = 0;
int failed = 0;
int last_error = 0;

bool ends_with(const char* name, const std::string& suffix) {
  auto text = std::string{name != nullptr ? name : ""};
  return text.size() >= suffix.size()
         && text.compare(text.size() - suffix.size(), suffix.size(), suffix)
                == 0;
}

/// The error that this call must report; 0 if it may proceed.
int error_of(failures::call which, const char* name) {
  std::lock_guard guard{mutex};
  if (!current.is_set || current.which != which
      || !ends_with(name, current.suffix))
    return 0;
  ++seen;
  if (seen < current.nth || seen >= current.nth + current.times)
    return 0;
  ++failed;
  last_error = current.error;
  return current.error;
}

/// A file of ours; the real one follows it in memory.
struct file : sqlite3_file {
  const char* name;

  [[nodiscard]] sqlite3_file* real() noexcept {
    return reinterpret_cast<sqlite3_file*>(this + 1);
  }
};

sqlite3_file* real(sqlite3_file* x) {
  return static_cast<file*>(x)->real();
}

sqlite3_vfs* system_vfs() {
  static auto* found = sqlite3_vfs_find(nullptr);
  return found;
}

int close(sqlite3_file* x) {
  return real(x)->pMethods->xClose(real(x));
}
int read(sqlite3_file* x, void* to, int size, sqlite3_int64 at) {
  return real(x)->pMethods->xRead(real(x), to, size, at);
}
int write(sqlite3_file* x, const void* from, int size, sqlite3_int64 at) {
  if (auto error = error_of(failures::call::write, static_cast<file*>(x)->name))
    return error == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
  return real(x)->pMethods->xWrite(real(x), from, size, at);
}
int truncate(sqlite3_file* x, sqlite3_int64 size) {
  return real(x)->pMethods->xTruncate(real(x), size);
}
int sync(sqlite3_file* x, int flags) {
  if (error_of(failures::call::sync, static_cast<file*>(x)->name) != 0)
    return SQLITE_IOERR_FSYNC;
  return real(x)->pMethods->xSync(real(x), flags);
}
int file_size(sqlite3_file* x, sqlite3_int64* size) {
  return real(x)->pMethods->xFileSize(real(x), size);
}
int lock(sqlite3_file* x, int level) {
  return real(x)->pMethods->xLock(real(x), level);
}
int unlock(sqlite3_file* x, int level) {
  return real(x)->pMethods->xUnlock(real(x), level);
}
int check_lock(sqlite3_file* x, int* out) {
  return real(x)->pMethods->xCheckReservedLock(real(x), out);
}
int control(sqlite3_file* x, int op, void* argument) {
  if (op == SQLITE_FCNTL_LAST_ERRNO) {
    std::lock_guard guard{mutex};
    *static_cast<int*>(argument) = last_error;
    return SQLITE_OK;
  }
  return real(x)->pMethods->xFileControl(real(x), op, argument);
}
int sector_size(sqlite3_file* x) {
  return real(x)->pMethods->xSectorSize(real(x));
}
int characteristics(sqlite3_file* x) {
  return real(x)->pMethods->xDeviceCharacteristics(real(x));
}
int shm_map(sqlite3_file* x, int page, int size, int extend,
            void volatile** out) {
  return real(x)->pMethods->xShmMap(real(x), page, size, extend, out);
}
int shm_lock(sqlite3_file* x, int offset, int n, int flags) {
  return real(x)->pMethods->xShmLock(real(x), offset, n, flags);
}
void shm_barrier(sqlite3_file* x) {
  real(x)->pMethods->xShmBarrier(real(x));
}
int shm_unmap(sqlite3_file* x, int remove) {
  return real(x)->pMethods->xShmUnmap(real(x), remove);
}

const sqlite3_io_methods methods{2,
                                 close,
                                 read,
                                 write,
                                 truncate,
                                 sync,
                                 file_size,
                                 lock,
                                 unlock,
                                 check_lock,
                                 control,
                                 sector_size,
                                 characteristics,
                                 shm_map,
                                 shm_lock,
                                 shm_barrier,
                                 shm_unmap,
                                 nullptr,
                                 nullptr};

int open(sqlite3_vfs*, const char* name, sqlite3_file* out, int flags,
         int* out_flags) {
  auto* mine = new (out) file{};
  mine->name = name;
  if (error_of(failures::call::open, name) != 0)
    return SQLITE_CANTOPEN;
  auto code =
      system_vfs()->xOpen(system_vfs(), name, mine->real(), flags, out_flags);
  mine->pMethods = mine->real()->pMethods != nullptr ? &methods : nullptr;
  return code;
}

int get_last_error(sqlite3_vfs*, int, char*) {
  std::lock_guard guard{mutex};
  return last_error;
}

} // namespace

failures::failures() {
  static auto vfs = [] {
    auto out = *system_vfs();
    out.zName = failing_vfs;
    out.szOsFile += static_cast<int>(sizeof(file));
    out.xOpen = open;
    out.xGetLastError = get_last_error;
    out.pNext = nullptr;
    return out;
  }();
  sqlite3_vfs_register(&vfs, 0);
  clear();
}

failures::~failures() {
  clear();
}

void failures::fail(call which, int error, int nth, int times,
                    const std::string& suffix) {
  std::lock_guard guard{mutex};
  current = {true, which, error, nth, times, suffix};
  seen = 0;
  failed = 0;
}

void failures::clear() {
  std::lock_guard guard{mutex};
  current = {};
  failed = 0;
  last_error = 0;
}

int failures::asked() const {
  std::lock_guard guard{mutex};
  return seen;
}

int failures::count() const {
  std::lock_guard guard{mutex};
  return failed;
}

} // namespace bridgekeeper::test
