#pragma once

#include "net/server/io_thread.hpp"
#include "net/server/listener.hpp"

#include <cstdint>
#include <memory>

namespace bridgekeeper::app {

struct migration_server_state;

/// Answers on the daemon's addresses while its store is migrated, which may
/// take minutes: `GET /livez` with 200, and everything else with 503 and the
/// reason, so that bridges and clients try again. It has an I/O thread of its
/// own, because those of the daemon start when the store has been loaded. Main
/// thread.
class migration_server {
public:
  migration_server();

  /// Stops.
  ~migration_server();
  migration_server(const migration_server&) = delete;
  migration_server& operator=(const migration_server&) = delete;

  /// Starts to answer, and logs that. No-op after the first call. Throws
  /// `std::runtime_error` if an address cannot be listened on.
  void start(net::listener_options options, std::int32_t from, std::int32_t to);

  /// Ends all connections and returns the listening sockets, in which further
  /// connections wait. Null if it is not running. Blocks, for seconds at most.
  std::shared_ptr<net::listener::sockets> stop();

private:
  std::shared_ptr<migration_server_state> state_;
  /// Null while it is not running, like the others.
  std::unique_ptr<net::io_thread> thread_;
  std::unique_ptr<net::listener> listener_;
};

} // namespace bridgekeeper::app
