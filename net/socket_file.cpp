#include "net/socket_file.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;

namespace {

using boost::system::error_code;

constexpr mode_t owner_and_group = 0660;

error_code last_error() noexcept {
  return {errno, boost::system::system_category()};
}

sockaddr_un address_of(const std::string& path) noexcept {
  sockaddr_un out{};
  out.sun_family = AF_UNIX;
  // `parse_endpoint_or_path` has already checked the length.
  std::memcpy(out.sun_path, path.data(),
              std::min(path.size(), sizeof(out.sun_path) - 1));
  return out;
}

int new_socket() noexcept {
  return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/// `call` is bind or connect.
template <class Call>
int with_address(Call call, int descriptor, const sockaddr_un& where) noexcept {
  return call(descriptor, reinterpret_cast<const sockaddr*>(&where),
              sizeof(where));
}

/// Whether `path` is a socket file on which no program is listening.
bool is_leftover(const std::string& path) noexcept {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode))
    return false;
  error_code error;
  auto probe = connect_to_file(path, error);
  if (probe >= 0)
    ::close(probe);
  return error == asio::error::connection_refused;
}

} // namespace

int connect_to_file(const std::string& path, error_code& error) noexcept {
  auto out = new_socket();
  if (out >= 0 && with_address(::connect, out, address_of(path)) == 0) {
    error = {};
    return out;
  }
  error = last_error();
  if (out >= 0)
    ::close(out);
  return -1;
}

socket_file::socket_file(std::string path, std::size_t backlog,
                         error_code& error)
  : path_(std::move(path)), descriptor_(new_socket()) {
  auto where = address_of(path_);
  if (descriptor_ < 0) {
    error = last_error();
    return;
  }
  if (is_leftover(path_))
    ::unlink(path_.c_str());
  // Set the mode before the file is created, so that it never has a wider one,
  // and again afterwards in case the umask was stricter.
  ::fchmod(descriptor_, owner_and_group);
  struct stat info {};
  if (with_address(::bind, descriptor_, where) != 0) {
    error = last_error();
    return;
  }
  is_made_ = true;
  if (::stat(path_.c_str(), &info) != 0
      || ::chmod(path_.c_str(), owner_and_group) != 0
      || ::listen(descriptor_, static_cast<int>(backlog)) != 0)
    error = last_error();
  device_ = info.st_dev;
  inode_ = info.st_ino;
}

socket_file::~socket_file() {
  struct stat info {};
  if (is_made_ && ::lstat(path_.c_str(), &info) == 0 && info.st_dev == device_
      && info.st_ino == inode_)
    ::unlink(path_.c_str());
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

int socket_file::release() noexcept {
  return std::exchange(descriptor_, -1);
}

} // namespace bridgekeeper::net
