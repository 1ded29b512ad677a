#include "app/processes/memory_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>

namespace bridgekeeper::app {

namespace {

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    auto count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno != EINTR)
      return false;
    text.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
  }
  return true;
}

} // namespace

owned_fd memory_file(std::string_view text) {
  owned_fd writable{::memfd_create("task", MFD_CLOEXEC)};
  if (!writable.valid() || !write_all(writable.get(), text))
    return {};
  // Opened once more, because the text is for reading only.
  auto name = "/proc/self/fd/" + std::to_string(writable.get());
  return owned_fd{::open(name.c_str(), O_RDONLY | O_CLOEXEC)};
}

} // namespace bridgekeeper::app
