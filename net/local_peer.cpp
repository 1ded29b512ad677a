#include "net/local_peer.hpp"

#include <sys/socket.h>

namespace bridgekeeper::net {

namespace {

constexpr std::string_view prefix = "uid:";

} // namespace

std::string local_peer_name(int descriptor) {
  ucred who{};
  socklen_t size = sizeof(who);
  auto known = ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &who, &size);
  return std::string{prefix}
         + (known == 0 ? std::to_string(who.uid) : std::string{"unknown"});
}

bool is_local_peer(std::string_view ip) noexcept {
  return ip.starts_with(prefix);
}

} // namespace bridgekeeper::net
