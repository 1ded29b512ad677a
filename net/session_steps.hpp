#pragma once

// Private to this room: steps that HTTP and WebSocket sessions share.

#include "net/connection_ledger.hpp"
#include "net/output_ledger.hpp"
#include "net/peer_stream.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <memory>

namespace bridgekeeper::net {

/// Opens the account of a reader, whose `on_evicted` is then called on its own
/// thread if the ledger evicts it. Returns null if there is no ledger.
template <class Session, class Executor>
[[nodiscard]] std::unique_ptr<output_ledger::account>
open_account(const std::shared_ptr<output_ledger>& ledger,
             std::weak_ptr<Session> reader, Executor home) {
  if (!ledger)
    return nullptr;
  return std::make_unique<output_ledger::account>(ledger, [reader, home] {
    boost::asio::post(home, [reader] {
      if (auto self = reader.lock())
        self->on_evicted();
    });
  });
}

/// Reads input into `buffer` and discards it for as long as `goes_on`, which
/// gets the error of each read, returns true. `goes_on` must keep `socket` and
/// `buffer` alive.
void discard_input(tcp_socket& socket, boost::asio::mutable_buffer buffer,
                   std::function<bool(boost::system::error_code)> goes_on);

/// Closes the socket of `stream` and gives up its places. `session` is kept
/// alive until TLS has shut down.
void close_connection(peer_stream& stream, connection_ledger::place_ptr& place,
                      std::shared_ptr<void>& presence,
                      const std::shared_ptr<void>& session);

} // namespace bridgekeeper::net
