#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace bridgekeeper::bench {

/// What a run of the load generator is asked to do. Every mode reads the
/// members that concern it and ignores the rest; `storm`, `idle`, `scale`, …
/// begin with other defaults than the ones here.
struct options {
  /// The first argument: `echo`, `storm`, `idle`, `sse`, `dispatch-…`,
  /// `durable-…`; `scale` and `deadlines` are `dispatch-ws` with other
  /// defaults.
  std::string mode;
  /// Loopback port of the server under load.
  std::uint16_t port = 0;
  /// Defaults to the environment's `VIBEFORGE_AUTH_TOKEN`.
  std::string token;
  /// Agent ids are this, a hyphen and six digits.
  std::string prefix = "bench";
  /// Whose CPU time and memory to measure; 0 measures nobody's.
  std::uint64_t server_pid = 0;

  // -- how many ---------------------------------------------------------------

  std::size_t agents = 100;
  /// How many of the agents are sent dispatches, spread evenly; 0 is all.
  std::size_t active = 0;
  std::size_t requesters = 50;
  /// Dispatches under way on one requester's connection.
  std::size_t in_flight = 1;
  /// Units of work that are measured.
  std::size_t count = 20'000;
  /// Units of work before the measurement begins.
  std::size_t warm_up = 1'000;
  /// Heartbeats outstanding on one agent's connection; `durable-redis`: tasks
  /// that a worker takes at once.
  std::size_t window = 8;
  /// `durable-redis`: each worker has a stream of its own, and requesters
  /// choose the worker of each task.
  bool addressed = false;
  /// Handshakes under way at once.
  std::size_t width = 64;
  /// Milliseconds that simulated bridges work on each dispatch: `dispatch-ws`,
  /// `scale` and `deadlines`.
  std::size_t work_ms = 0;
  /// By how many milliseconds the work on a dispatch may be shorter or longer.
  std::size_t work_spread_ms = 0;

  // -- what is said -----------------------------------------------------------

  std::size_t content_bytes = 120;
  std::size_t answer_bytes = 240;
  /// Deadline of each dispatch; 0 leaves it to the server.
  std::size_t timeout_s = 0;
  /// Ask for outcomes alone: no `accepted`, no `progress`.
  bool quiet = false;
  /// Talk to a bare echo: neither register nor expect `registered`.
  bool bare = false;
  /// `sse` follows one control WebSocket instead of one stream an agent.
  bool control = false;

  // -- how long ---------------------------------------------------------------

  /// Seconds that `idle` holds its agents, or that `sse` sends.
  std::size_t seconds = 15;
  /// Events a second, over all agents.
  std::size_t rate = 10'000;
  /// Gives up after this many seconds.
  std::size_t limit_s = 120;
};

/// Reads the command line. Throws `std::invalid_argument` with a sentence for
/// the user where it makes no sense.
[[nodiscard]] options parse_options(int argc, const char* const* argv);

/// The command line, explained.
[[nodiscard]] std::string usage();

} // namespace bridgekeeper::bench
