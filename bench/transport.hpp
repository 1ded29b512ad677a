#pragma once

#include "bench/load.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace bridgekeeper::bench {

class messages;

/// One way for requesters to reach agents and get their answers back. Owns the
/// connections of both.
class transport {
public:
  /// The dispatch that `requester` had in `slot` was answered, after an agent
  /// had worked on it for the time `worked`.
  using done_handler =
      std::function<void(std::size_t requester, std::size_t slot,
                         std::chrono::nanoseconds worked)>;

  explicit transport(done_handler on_done) : on_done_(std::move(on_done)) {}

  transport(const transport&) = delete;

  transport& operator=(const transport&) = delete;

  virtual ~transport() = default;

  /// Opens every connection, then calls `ready`.
  virtual void open(std::function<void()> ready) = 0;

  /// Sends one dispatch. The slot is free until `on_done` names it.
  virtual void send(std::size_t requester, std::size_t slot,
                    std::size_t agent) = 0;

protected:
  void done(std::size_t requester, std::size_t slot,
            std::chrono::nanoseconds worked = {}) {
    on_done_(requester, slot, worked);
  }

private:
  done_handler on_done_;
};

using transport_ptr = std::unique_ptr<transport>;

/// Bridges on `/ws/agent-bridge`, requesters over HTTP/1.1 keep-alive.
[[nodiscard]] transport_ptr
make_http_transport(const surroundings& env, const messages& says,
                    transport::done_handler on_done);

/// Bridges on `/ws/agent-bridge`, requesters on `/ws/control`. Bridges work on
/// each dispatch for `work_ms`.
[[nodiscard]] transport_ptr
make_control_transport(const surroundings& env, const messages& says,
                       transport::done_handler on_done);

/// Subscribers to `agent.N` of a NATS server, requesters with an inbox each.
[[nodiscard]] transport_ptr
make_nats_transport(const surroundings& env, const messages& says,
                    transport::done_handler on_done);

/// Both ends of `beast_relay`.
[[nodiscard]] transport_ptr
make_relay_transport(const surroundings& env, const messages& says,
                     transport::done_handler on_done);

// -- durable: a task and its result are stored before anybody learns of them ---

/// A queue in a table. `agents` is the number of workers' connections. Throws
/// `std::runtime_error` where `has_postgres` is false.
[[nodiscard]] transport_ptr
make_postgres_transport(const surroundings& env, const messages& says,
                        transport::done_handler on_done);

/// Whether this program was built with libpq.
[[nodiscard]] bool has_postgres() noexcept;

/// Streams of a Redis server. `agents` is the number of workers, `window` how
/// many tasks one of them takes at once. With `addressed`, each worker has a
/// stream of its own; otherwise they share one, and any worker takes a task.
[[nodiscard]] transport_ptr
make_redis_transport(const surroundings& env, const messages& says,
                     transport::done_handler on_done);

/// Streams of a NATS server. `agents` is the number of workers.
[[nodiscard]] transport_ptr
make_jetstream_transport(const surroundings& env, const messages& says,
                         transport::done_handler on_done);

} // namespace bridgekeeper::bench
