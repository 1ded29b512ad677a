#pragma once

#include <cstddef>
#include <string>

namespace bridgekeeper::app {

/// Raises the process's soft limit of file descriptors, usually 1024, to the
/// hard one; shells and service managers leave it that low for the sake of
/// programs that use `select`. Warns in the log where even that is too low for
/// `connections`. Called at the start, and when that number changes.
void make_room_for(std::size_t connections);

/// What to say where a process that may have `limit` descriptors is to carry
/// `connections`; empty where it can.
[[nodiscard]] std::string complaint_about_limit(std::size_t limit,
                                                std::size_t connections);

} // namespace bridgekeeper::app
