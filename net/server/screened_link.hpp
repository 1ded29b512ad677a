#pragma once

#include "domain/result.hpp"
#include "net/server/io_thread.hpp"

#include <functional>
#include <string_view>

namespace bridgekeeper::net {

/// Returns whether these bytes from a peer may be passed on.
using byte_screen = std::function<bool(std::string_view)>;

/// Inserts a filter between a peer and a library that takes over a descriptor
/// and trusts the bytes it reads there.
///
/// Takes over `socket`, which is connected to the peer, and returns the
/// descriptor for the library; fails with the system's error message. The
/// peer's bytes arrive there in chunks approved by `screen`; the library's
/// output is passed to the peer unchanged. The link ends when either end
/// closes, or when `screen` rejects a chunk or throws; that chunk is then not
/// passed on. Chunks passed on earlier still arrive. At most one chunk is
/// buffered in each direction; a peer that reads slowly slows down the
/// library's writes, which the library may buffer without bound.
///
/// Everything, including the calls of `screen`, runs on `home`. The link keeps
/// itself and `screen` alive, but no longer than `home`.
[[nodiscard]] result<int> link_through(byte_screen screen, io_thread& home,
                                       int socket);

} // namespace bridgekeeper::net
