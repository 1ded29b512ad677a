#include "net/loopback.hpp"

namespace bridgekeeper::net {

bool is_loopback(const endpoint& x) noexcept {
  // A name may begin like an address.
  auto is_ipv4 = x.host.find_first_not_of("0123456789.") == std::string::npos;
  return x.host == "localhost" || x.host == "::1"
         || (is_ipv4 && x.host.starts_with("127."));
}

} // namespace bridgekeeper::net
