#pragma once

#include "net/endpoint.hpp"
#include "net/failure_quota.hpp"
#include "net/http_session.hpp"
#include "net/io_thread.hpp"
#include "net/proxy_trust.hpp"
#include "net/tls_context.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace bridgekeeper::net {

struct listener_options {
  std::vector<endpoint> endpoints;
  std::size_t backlog = 1024;
  connection_limits limits;
  /// Many clients come from the address of a proxy, so its connections are
  /// counted in all alone.
  proxy_trust proxies;
  http_options http;
  /// Every HOST:PORT speaks TLS where this is set, and none where it is not.
  /// Over a socket file, which only this machine reaches, TLS is never spoken.
  tls_context_ptr tls;
  /// How many lines peers may cause in the log; shared with others who log.
  std::shared_ptr<failure_quota> log_lines = std::make_shared<failure_quota>();
  /// From the connection to the end of its handshake.
  std::chrono::milliseconds tls_handshake_timeout{10'000};
};

/// Accepts connections on several addresses and deals them out to the I/O
/// threads in turn; a connection stays where it was dealt. The kernel probes
/// silent connections, and breaks those on which nothing is acknowledged for
/// `http.pace.stall_timeout`. What cannot be
/// accepted for now (no file descriptors left) is tried again a little later.
/// Runs on the first I/O thread.
class listener {
public:
  /// A new connection, on its I/O thread.
  using accept_handler =
      std::function<void(io_thread&, std::shared_ptr<http_session>)>;

  /// `threads` must outlive the listener.
  listener(std::vector<io_thread*> threads, listener_options options,
           accept_handler on_accept);
  ~listener();

  /// Binds and listens on every endpoint, on all addresses of its host, with
  /// SO_REUSEADDR; throws `std::runtime_error` saying which one could not be
  /// had, and why. Call once, before the threads start or on the first of them.
  void open();

  /// Where it listens, an entry an endpoint, with the ports that were given out
  /// for port 0.
  [[nodiscard]] const std::vector<endpoint>& bound() const noexcept;

  /// The counts of connections; shared, because they outlive the listener.
  [[nodiscard]] const std::shared_ptr<connection_ledger>& ledger() const;

  /// Connections that come from here on are made with `tls`; those that are
  /// open stand. For listeners that were made with TLS. On the first I/O
  /// thread.
  void renew_tls(tls_context_ptr tls);

  /// Connections that come from here on go by `options`, but for `endpoints`,
  /// `backlog` and `tls`, which stay. On the first I/O thread.
  void change_options(listener_options options);

  /// Closes the listening sockets and removes their files. Once every I/O
  /// thread has run what was posted to it before, no connection is handed over
  /// any more: one that was just accepted and a TLS handshake under way are
  /// dropped. On the first I/O thread, or when no thread runs.
  void close();

private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace bridgekeeper::net
