#pragma once

#include <string>
#include <string_view>

namespace bridgekeeper::net {

/// The substitute for an IP address of the peer of a socket file: the user it
/// runs as, `uid:1000`. `descriptor` is the connected socket.
[[nodiscard]] std::string local_peer_name(int descriptor);

/// Whether `ip` was made by `local_peer_name`.
[[nodiscard]] bool is_local_peer(std::string_view ip) noexcept;

} // namespace bridgekeeper::net
