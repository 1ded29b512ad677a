#pragma once

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <string>
#include <sys/types.h>

namespace bridgekeeper::net {

/// A socket that listens on a file (unix(7)). The file has mode 0660: its owner
/// and group may connect. The destructor removes it, unless another program has
/// replaced it with its own.
class socket_file {
public:
  /// Creates the file and listens on it. A socket file on which no program is
  /// listening is replaced; any other file is kept, and `error` is
  /// `address_in_use`. The descriptor is closed on exec.
  socket_file(std::string path, std::size_t backlog,
              boost::system::error_code& error);

  socket_file(const socket_file&) = delete;
  socket_file& operator=(const socket_file&) = delete;

  /// Removes the file, and closes the descriptor unless it was released.
  ~socket_file();

  /// Releases the descriptor, which the caller must then close.
  [[nodiscard]] int release() noexcept;

private:
  std::string path_;
  int descriptor_ = -1;
  bool is_made_ = false;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// Connects to the socket file `path` without waiting: if the listener's queue
/// is full, this fails. Returns a non-blocking descriptor, which the caller
/// must close, or -1.
[[nodiscard]] int connect_to_file(const std::string& path,
                                  boost::system::error_code& error) noexcept;

} // namespace bridgekeeper::net
