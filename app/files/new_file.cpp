#include "app/files/new_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace bridgekeeper::app {

new_file::new_file(std::string path) : path_(std::move(path)) {
  auto descriptor =
      ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0 && errno == EEXIST)
    throw std::runtime_error{"The file " + path_
                             + " exists and is not overwritten. Remove it, or "
                               "name another file."};
  if (descriptor >= 0)
    file_ = ::fdopen(descriptor, "w");
  if (file_ == nullptr)
    throw std::runtime_error{"Cannot create " + path_ + ": "
                             + std::strerror(errno)
                             + ". Name a file in a directory that exists and "
                               "is writable for this user."};
}

new_file::~new_file() {
  if (file_ != nullptr)
    std::fclose(file_);
}

void new_file::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size())
    fail();
}

void new_file::finish() {
  if (std::fflush(file_) != 0 || ::fsync(::fileno(file_)) != 0)
    fail();
}

void new_file::fail() const {
  throw std::runtime_error{"Cannot write " + path_ + ": " + std::strerror(errno)
                           + ". The file is incomplete."};
}

} // namespace bridgekeeper::app
