#include "app/command_line/standard_descriptors.hpp"

#include <cerrno>
#include <fcntl.h>
#include <initializer_list>
#include <tuple>
#include <unistd.h>

namespace bridgekeeper::app {

void open_standard_descriptors() noexcept {
  for (auto number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(number, F_GETFD) == -1 && errno == EBADF)
      // open() returns the lowest free number. All lower numbers are open by
      // now, so it returns this one.
      std::ignore =
          ::open("/dev/null", number == STDIN_FILENO ? O_RDONLY : O_WRONLY);
}

} // namespace bridgekeeper::app
