#pragma once

#include "domain/failure_quota.hpp"
#include "net/endpoint.hpp"
#include "net/http_session.hpp"
#include "net/listener_counts.hpp"
#include "net/proxy_trust.hpp"
#include "net/server/io_thread.hpp"
#include "net/tls_context.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace bridgekeeper::net {

struct listener_options {
  std::vector<endpoint> endpoints;
  std::size_t backlog = 1024;
  connection_limits limits;
  /// A proxy's address stands for many clients, so its connections are only
  /// counted in total.
  proxy_trust proxies;
  http_options http;
  /// If set, every HOST:PORT uses TLS; otherwise none does. Socket files never
  /// use TLS, because only this machine can reach them.
  tls_context_ptr tls;
  /// Called for each connection above the limits, with the peer's address. On
  /// the first I/O thread.
  std::function<void(const std::string&)> on_reject = {};
  /// Limits the log lines that peers can cause; shared with other users.
  std::shared_ptr<failure_quota> log_lines = std::make_shared<failure_quota>();
  /// Time limit from the connection to the end of its handshake.
  std::chrono::milliseconds tls_handshake_timeout{10'000};
};

/// Accepts connections on several addresses and distributes them to the I/O
/// threads in turn; a connection stays on its thread. The kernel probes idle
/// connections, and breaks those on which nothing is acknowledged for
/// `http.pace.stall_timeout`. If accepting fails for a while (no file
/// descriptors left), it is retried. Runs on the first I/O thread.
class listener {
public:
  /// Called for a new connection, on its I/O thread.
  using accept_handler =
      std::function<void(io_thread&, std::shared_ptr<http_session>)>;

  listener(std::vector<io_thread*> threads, listener_options options,
           accept_handler on_accept);
  ~listener();

  /// Binds and listens on every endpoint, on all addresses of its host, with
  /// SO_REUSEADDR. Throws a `std::runtime_error` that says which endpoint
  /// failed and why. Must be called once, before the threads start or on the
  /// first of them.
  void open();

  /// Listening sockets that no listener uses. Connections wait in them until
  /// they are accepted, or are refused when this is destroyed.
  struct sockets;

  /// The same with the sockets of a listener that had the same endpoints:
  /// connections that have waited there are accepted. They keep their ports.
  void open(sockets& taken_over);

  /// The bound addresses, one per endpoint, with the actual ports where port 0
  /// was requested.
  [[nodiscard]] const std::vector<endpoint>& bound() const noexcept;

  /// The ledger that counts the connections; shared, because they outlive the
  /// listener.
  [[nodiscard]] const std::shared_ptr<connection_ledger>& ledger() const;

  /// Shared for the same reason.
  [[nodiscard]] std::shared_ptr<const listener_counts> counts() const;

  /// Uses `tls` for connections accepted from now on; open connections are
  /// kept. Only for listeners that were created with TLS. On the first I/O
  /// thread.
  void renew_tls(tls_context_ptr tls);

  /// Applies `options` to connections accepted from now on, except `endpoints`,
  /// `backlog` and `tls`, which do not change. On the first I/O thread.
  void change_options(listener_options options);

  /// Closes the listening sockets and removes their files. Once every I/O
  /// thread has run the tasks posted to it before, no more connections are
  /// handed over: connections that have just been accepted and pending TLS
  /// handshakes are dropped. On the first I/O thread, or when no thread runs.
  void close();

  /// The same as `close`, but keeps the sockets for another listener.
  [[nodiscard]] std::shared_ptr<sockets> release();

private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace bridgekeeper::net
