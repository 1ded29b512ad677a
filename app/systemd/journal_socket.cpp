#include "app/systemd/journal_socket.hpp"

#include <fmt/core.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace bridgekeeper::app {

namespace {

constexpr std::chrono::milliseconds journal_timeout{100};

bool write_all(int file, std::string_view text) noexcept {
  while (!text.empty()) {
    auto written = ::write(file, text.data(), text.size());
    if (written < 0)
      return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

int send_as_file(const datagram_socket& socket,
                 std::string_view text) noexcept {
  auto file = ::memfd_create("journal-entry", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (file < 0)
    return errno;
  // The journal takes only files that cannot change any more.
  constexpr auto seals =
      F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  auto is_ready =
      write_all(file, text) && ::fcntl(file, F_ADD_SEALS, seals) == 0;
  auto out = is_ready ? socket.send({}, file) : errno;
  ::close(file);
  return out;
}

} // namespace

bool is_journal_stream(int descriptor, std::string_view stream) {
  struct stat found {};
  return ::fstat(descriptor, &found) == 0
         && stream == fmt::format("{}:{}", found.st_dev, found.st_ino);
}

journal_socket::journal_socket(std::string_view address)
  : socket_(address, journal_timeout) {}

int journal_socket::send(const journal_entry& x) const noexcept {
  if (!socket_.is_open())
    return ENOTCONN;
  auto error = socket_.send(x.text());
  return error == EMSGSIZE || error == ENOBUFS ? send_as_file(socket_, x.text())
                                               : error;
}

} // namespace bridgekeeper::app
