#pragma once

#include "actors/interfaces.hpp"
#include "app/console/console.hpp"
#include "app/console/terms.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace bridgekeeper::console {

// What the console's commands print, made of what they were told. Each text
// ends with a line feed. Any thread.

/// As in `4.2 s`.
[[nodiscard]] std::string seconds_text(std::chrono::milliseconds x);

/// Every actor of the daemon, one a line.
[[nodiscard]] std::string actors_text(const console_world& world);

/// Every agent ever seen, one a line.
[[nodiscard]] std::string agents_text(const agent_list& agents);

/// One agent, with what it has to do.
[[nodiscard]] std::string report_text(const agent_report& x);

/// The I/O threads, one a line.
[[nodiscard]] std::string threads_text(const console_world& world);

/// What all threads have counted. `backlog`: events the hub has yet to handle.
[[nodiscard]] std::string stats_text(const console_world& world,
                                     std::size_t backlog);

} // namespace bridgekeeper::console
