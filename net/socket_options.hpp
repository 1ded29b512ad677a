#pragma once

// Private to this room: what TCP does about peers that are gone.

#include <chrono>
#include <cstddef>

namespace bridgekeeper::net {

/// Has the kernel probe a connection that is silent for 30 s, every 10 s; after
/// 6 probes without an answer the connection is broken. Accepted sockets
/// inherit this from the one that listens. A socket that is not TCP is left as
/// it is.
void keep_alive(int socket) noexcept;

/// Has the kernel break the connection where what was sent is not acknowledged
/// for so long (TCP_USER_TIMEOUT), or where the peer's window stays closed for
/// so long; 0: the kernel's own rule, a quarter of an hour and more.
void limit_unacknowledged(int socket, std::chrono::milliseconds time) noexcept;

/// Bytes that were handed to the kernel and that the peer's kernel has not
/// acknowledged (SIOCOUTQ); 0 where the kernel does not say. For a socket file
/// it is the memory that holds what the peer's program has not read.
[[nodiscard]] std::size_t unacknowledged_bytes(int socket) noexcept;

/// Makes the kernel accept no more data while it holds this many unsent bytes
/// (TCP_NOTSENT_LOWAT), so that the next write waits behind no more than that.
/// Other sockets than TCP are left unchanged.
void limit_unsent(int socket, std::size_t bytes) noexcept;

/// Whether the connection is one over a socket file (unix(7)), where nothing
/// acknowledges what a program has not read.
[[nodiscard]] bool is_over_file(int socket) noexcept;

} // namespace bridgekeeper::net
