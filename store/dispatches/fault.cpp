#include "store/dispatches/fault.hpp"

#include <cerrno>
#include <sqlite3.h>

namespace bridgekeeper::store {

std::string_view token(fault x) noexcept {
  switch (x) {
  case fault::none:
    break;
  case fault::full:
    return "store_full";
  case fault::io_error:
    return "store_unknown";
  case fault::busy:
    return "store_busy";
  case fault::corrupt:
    return "store_corrupt";
  case fault::read_only:
    return "store_read_only";
  case fault::newer_schema:
    return "store_newer";
  }
  return {};
}

std::string_view sentence(fault x) noexcept {
  switch (x) {
  case fault::none:
    break;
  case fault::full:
    return "The disk with the data directory is full";
  case fault::io_error:
    return "The disk with the data directory reports errors";
  case fault::busy:
    return "Another program holds the store's write lock";
  case fault::corrupt:
    return "The store's file is damaged";
  case fault::read_only:
    return "The store's file cannot be written";
  case fault::newer_schema:
    return "A later version of Bridgekeeper has written the store";
  }
  return {};
}

fault classify(int code, int system_errno) noexcept {
  switch (code & 0xff) {
  case SQLITE_OK:
  case SQLITE_ROW:
  case SQLITE_DONE:
    return fault::none;
  case SQLITE_FULL:
    return fault::full;
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return fault::busy;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return fault::corrupt;
  case SQLITE_READONLY:
  case SQLITE_CANTOPEN:
  case SQLITE_PERM:
  case SQLITE_AUTH:
    break;
  default:
    if (system_errno == ENOSPC || system_errno == EDQUOT
        || system_errno == EFBIG)
      return fault::full;
    return system_errno == EROFS ? fault::read_only : fault::io_error;
  }
  // SQLite also reports a full disk this way, when it cannot create a file.
  return system_errno == ENOSPC || system_errno == EDQUOT ? fault::full
                                                          : fault::read_only;
}

} // namespace bridgekeeper::store
