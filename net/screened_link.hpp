#pragma once

#include "domain/result.hpp"
#include "net/io_thread.hpp"

#include <functional>
#include <string_view>

namespace bridgekeeper::net {

/// Whether these bytes from a peer may be passed on.
using byte_screen = std::function<bool(std::string_view)>;

/// Puts a screen between a peer and a library that takes over a descriptor and
/// believes what it reads there.
///
/// Takes over `socket`, which is connected to the peer, and returns the
/// descriptor that the library gets; fails with the system's word for what is
/// wrong. What the peer sends arrives there in chunks that `screen` has
/// approved; what the library writes goes to the peer as it is. The link ends
/// when either end closes, and when `screen` rejects a chunk or throws; the
/// chunk is then not passed on. What was passed on before arrives. One chunk
/// waits in each direction; a peer that reads slowly slows the library's writes
/// down, which may be kept without bound there.
///
/// On `home`, as are the calls of `screen`. The link keeps itself alive, at
/// longest as long as `home`, and `screen` with it.
[[nodiscard]] result<int> link_through(byte_screen screen, io_thread& home,
                                       int socket);

} // namespace bridgekeeper::net
