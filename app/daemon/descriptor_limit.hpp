#pragma once

#include <cstddef>
#include <string>

namespace bridgekeeper::app {

/// Raises the process's soft limit on file descriptors to the hard limit. The
/// soft limit is usually 1024, because programs that use `select` cannot handle
/// more. Logs a warning if even the hard limit is too low for `connections`.
/// Called at startup and when that number changes.
void make_room_for(std::size_t connections);

/// The warning for a process whose `limit` on descriptors is too low for
/// `connections`; empty if the limit is high enough.
[[nodiscard]] std::string complaint_about_limit(std::size_t limit,
                                                std::size_t connections);

} // namespace bridgekeeper::app
