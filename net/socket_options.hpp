#pragma once

// Private to this room: TCP options for detecting peers that are gone.

#include <chrono>
#include <cstddef>

namespace bridgekeeper::net {

/// Makes the kernel probe a connection that has been idle for 30 s, every 10 s;
/// after 6 probes without a response the connection breaks. Accepted sockets
/// inherit this from the listening socket. Sockets other than TCP are left
/// unchanged.
void keep_alive(int socket) noexcept;

/// Makes the kernel break the connection if sent data is not acknowledged, or
/// the peer's window stays closed, for this long (TCP_USER_TIMEOUT). 0: the
/// kernel's default, a quarter of an hour or more.
void limit_unacknowledged(int socket, std::chrono::milliseconds time) noexcept;

/// Bytes handed to the kernel that the peer's kernel has not acknowledged
/// (SIOCOUTQ); 0 if the kernel does not say. For a socket file, the memory that
/// holds the data that the peer's program has not read.
[[nodiscard]] std::size_t unacknowledged_bytes(int socket) noexcept;

/// Makes the kernel accept no more data while it holds this many unsent bytes
/// (TCP_NOTSENT_LOWAT), so that the next write waits behind no more than that.
/// Sockets other than TCP are left unchanged.
void limit_unsent(int socket, std::size_t bytes) noexcept;

/// Whether this is a connection over a socket file (unix(7)), on which nothing
/// acknowledges data before the program has read it.
[[nodiscard]] bool is_over_file(int socket) noexcept;

} // namespace bridgekeeper::net
