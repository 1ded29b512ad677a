#pragma once

// Private to this room: the stream of a client's connection.

#include "net/peer_stream.hpp"
#include "net/tls_client.hpp"

#include <boost/beast/core/role.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace bridgekeeper::net {

/// Plain TCP or TLS to a server. A client has one connection and can afford two
/// allocations per operation, so the types of all handlers are erased, and the
/// socket's operations, too, are generated only once. The caller of an
/// operation keeps the stream alive until it has completed.
class client_stream : public peer_stream {
public:
  /// What is known about a failure to open.
  struct trouble {
    /// What failed and why; empty if the error code says it all.
    std::string what;
    /// TLS failed, and `what` also says what to do.
    bool untrusted = false;
  };

  /// With TLS, reads the files that the options name. `tls` must outlive the
  /// stream.
  client_stream(boost::asio::io_context& context,
                const std::optional<client_tls_options>& tls);

  client_stream(const client_stream&) = delete;
  client_stream& operator=(const client_stream&) = delete;

  /// Connects to the server, through the proxy if there is one, and performs
  /// the TLS handshake. Called once; `server` must live until `done` is called,
  /// which never happens within this call.
  void open(const endpoint& server, completion_handler done);

  /// Why `open` has failed.
  [[nodiscard]] const trouble& obstacle() const noexcept {
    return obstacle_;
  }

  /// Closes the socket; pending operations, including `open`, fail.
  void close();

  // -- what Beast and Asio call -----------------------------------------------

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    start_read(first_of(buffers), copyable(std::forward<Handler>(handler)));
  }

  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    start_write(first_few_of(buffers),
                copyable(std::forward<Handler>(handler)));
  }

  /// Ends the connection after the closing handshake. Beast finds this overload
  /// by its name.
  template <class Handler>
  friend void async_teardown(boost::beast::role_type role,
                             client_stream& stream, Handler&& handler) {
    stream.tear_down(role, copyable(std::forward<Handler>(handler)));
  }

private:
  void connect_to_file(const endpoint& server, completion_handler done);
  void on_connected(error_code error, const endpoint& server,
                    const completion_handler& done);
  void tear_down(boost::beast::role_type role, completion_handler done);

  const std::optional<client_tls_options>& tls_options_;
  boost::asio::ip::basic_resolver<boost::asio::ip::tcp, executor_type>
      resolver_;
  trouble obstacle_;
  bool closed_ = false;

  /// Null for plain TCP.
  std::unique_ptr<tls_client> tls_client_;
};

} // namespace bridgekeeper::net
