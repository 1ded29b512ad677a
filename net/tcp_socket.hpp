#pragma once

// Private to this room.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace bridgekeeper::net {

/// A socket bound to the executor's concrete type: no type-erased calls.
using tcp_socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                     boost::asio::io_context::executor_type>;

} // namespace bridgekeeper::net
