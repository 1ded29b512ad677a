#pragma once

#include "actors/interfaces.hpp"
#include "app/console/console.hpp"
#include "app/console/terms.hpp"
#include "domain/actor_statistics.hpp"
#include "domain/slow_handlers.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bridgekeeper::console {

// The output of the console's commands. Each text ends with a line feed. Any
// thread.

/// Formats a duration, as in `4.2 s`.
[[nodiscard]] std::string seconds_text(std::chrono::milliseconds x);

/// All actors of the daemon, one per line.
[[nodiscard]] std::string actors_text(const console_world& world);

/// All known agents, one per line.
[[nodiscard]] std::string agents_text(const agent_list& agents);

/// What became of a command that gives a duty to an agent or, if the id is
/// empty, to all; `count` of them have not had it before.
[[nodiscard]] std::string duty_text(const agent_id& agent, agent_duty duty,
                                    std::uint64_t count);

/// One agent and its pending dispatches.
[[nodiscard]] std::string report_text(const agent_report& x);

/// How many messages wait for each core actor, and for those of the other
/// actors that have the fullest mailboxes.
[[nodiscard]] std::string mailboxes_text(const std::vector<actor_row>& actors);

/// The newest of these handlers, of `total` since the start.
[[nodiscard]] std::string slow_text(const std::vector<slow_handler>& handlers,
                                    std::uint64_t total);

/// The process's resident memory.
[[nodiscard]] std::size_t resident_bytes();

/// The I/O threads, one per line.
[[nodiscard]] std::string threads_text(const console_world& world);

/// The sums of the counters of all threads. `backlog` is the number of events
/// that the hub has yet to handle.
[[nodiscard]] std::string stats_text(const console_world& world,
                                     std::size_t backlog);

} // namespace bridgekeeper::console
