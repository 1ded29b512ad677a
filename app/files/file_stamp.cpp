#include "app/files/file_stamp.hpp"

#include <sys/stat.h>

namespace bridgekeeper::app {

std::optional<file_stamp> stamp_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0)
    return std::nullopt;
  auto nanoseconds = info.st_ctim.tv_sec * 1'000'000'000 + info.st_ctim.tv_nsec;
  return file_stamp{info.st_size, nanoseconds, info.st_ino};
}

} // namespace bridgekeeper::app
