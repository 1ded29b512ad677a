#include "store/dispatches/store_lock.hpp"

#include "store/dispatches/fault.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

namespace bridgekeeper::store {

// A file of its own: SQLite's locks on the store would be lost as soon as this
// process closed any descriptor of it.
store_lock::store_lock(const std::string& path) {
  auto name = path + ".lock";
  file_ = ::open(name.c_str(), O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
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
