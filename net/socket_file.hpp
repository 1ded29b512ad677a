#pragma once

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <string>
#include <sys/types.h>

namespace bridgekeeper::net {

/// A socket that listens on a file (unix(7)). The file has the mode 0660: its
/// owner and group may connect. It is removed with this object, unless another
/// program has put its own in its place.
class socket_file {
public:
  /// Makes the file and listens on it. A socket file on which no program
  /// listens is a leftover and is replaced; any other file stays, and `error`
  /// is `address_in_use`. The descriptor is closed on exec.
  socket_file(std::string path, std::size_t backlog,
              boost::system::error_code& error);

  socket_file(const socket_file&) = delete;
  socket_file& operator=(const socket_file&) = delete;

  /// Removes the file and closes the descriptor, unless that was released.
  ~socket_file();

  /// Gives the descriptor away; it is the caller's to close.
  [[nodiscard]] int release() noexcept;

private:
  std::string path_;
  int descriptor_ = -1;
  bool is_made_ = false;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// Connects to the socket file `path`, without waiting: a listener whose queue
/// is full counts as an error. Returns the descriptor, which is the caller's to
/// close and does not block, or -1.
[[nodiscard]] int connect_to_file(const std::string& path,
                                  boost::system::error_code& error) noexcept;

} // namespace bridgekeeper::net
