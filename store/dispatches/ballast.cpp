#include "store/dispatches/ballast.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace bridgekeeper::store {

bool ballast::restore() const noexcept {
  if (bytes_ == 0)
    return true;
  struct stat info {};
  if (::stat(path_.c_str(), &info) == 0
      && static_cast<std::uint64_t>(info.st_size) == bytes_)
    return true;
  auto file =
      ::open(path_.c_str(),
             O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0)
    return false;
  auto ok = ::posix_fallocate(file, 0, static_cast<off_t>(bytes_)) == 0;
  ::close(file);
  if (!ok)
    drop();
  return ok;
}

void ballast::drop() const noexcept {
  ::unlink(path_.c_str());
}

} // namespace bridgekeeper::store
