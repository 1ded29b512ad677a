#pragma once

#include <string>

namespace bridgekeeper::store {

/// Held by the process that writes a store, be it the daemon or a command, so
/// that two never do. SQLite up to 3.51.2 can damage a file in WAL mode when
/// two connections write or checkpoint it at once. Released when the process
/// ends, however that happens.
class store_lock {
public:
  /// `path` is that of the store. Throws `open_error` if another process holds
  /// the lock or if the lock's file cannot be created.
  explicit store_lock(const std::string& path);
  ~store_lock();
  store_lock(const store_lock&) = delete;
  store_lock& operator=(const store_lock&) = delete;

private:
  int file_ = -1;
};

} // namespace bridgekeeper::store
