#include "store/dispatches/store_lock.hpp"

#include "store/dispatches/fault.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

namespace bridgekeeper::store {

namespace {

/// Opens the lock's file; returns -1 and sets `errno` on failure.
int open_lock(const std::string& name, const std::string& store) {
  constexpr auto how = O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC;
  auto file = ::open(name.c_str(), how | O_EXCL, 0600);
  if (file < 0)
    return errno == EEXIST ? ::open(name.c_str(), how, 0600) : -1;
  // A file that root creates must not keep the daemon from its store. Only a
  // new file is certain to be this one.
  struct stat owner {};
  if (::geteuid() == 0 && ::stat(store.c_str(), &owner) == 0)
    std::ignore = ::fchown(file, owner.st_uid, owner.st_gid);
  return file;
}

} // namespace

// A file of its own: SQLite's locks on the store would be lost as soon as this
// process closed any descriptor of it.
store_lock::store_lock(const std::string& path) {
  auto name = path + ".lock";
  file_ = open_lock(name, path);
  if (file_ < 0) {
    auto error = errno;
    throw open_error{classify(SQLITE_CANTOPEN, error),
                     "Cannot use the store " + path + ": " + name + ": "
                         + std::strerror(error)
                         + ". Make the directory writable for this user, or "
                           "choose another with --data-dir DIR."};
  }
  if (::flock(file_, LOCK_EX | LOCK_NB) == 0)
    return;
  ::close(file_);
  throw open_error{fault::busy, "Another bridgekeeper uses the store " + path
                                    + ". Stop it, or choose another directory "
                                      "with --data-dir DIR."};
}

store_lock::~store_lock() {
  ::close(file_);
}

} // namespace bridgekeeper::store
