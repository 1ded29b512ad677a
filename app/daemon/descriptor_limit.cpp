#include "app/daemon/descriptor_limit.hpp"

#include "log/log_line.hpp"

#include <cerrno>
#include <cstring>
#include <limits>
#include <sys/resource.h>

namespace bridgekeeper::app {

namespace {

/// Descriptors for everything except connections: listeners, the threads' event
/// queues, files, the console.
constexpr std::size_t spare = 100;

} // namespace

void make_room_for(std::size_t connections) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return;
  auto before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    log::warn("cannot raise the limit on file descriptors to {}: {}",
              limit.rlim_max, std::strerror(errno));
    limit.rlim_cur = before;
  }
  auto room = limit.rlim_cur == RLIM_INFINITY
                  ? std::numeric_limits<std::size_t>::max()
                  : std::size_t{limit.rlim_cur};
  if (auto text = complaint_about_limit(room, connections); !text.empty())
    log::warn("{}", text);
}

std::string complaint_about_limit(std::size_t limit, std::size_t connections) {
  if (limit >= spare && limit - spare >= connections)
    return {};
  return "server.max_connections is " + std::to_string(connections)
         + ", but this process may have only " + std::to_string(limit)
         + " file descriptors, and needs " + std::to_string(spare)
         + " for other things: raise the hard limit (ulimit -Hn, LimitNOFILE= "
           "of the unit) or lower server.max_connections";
}

} // namespace bridgekeeper::app
