#include "domain/counted_address.hpp"

#include <algorithm>
#include <arpa/inet.h>

namespace bridgekeeper {

std::string counted_address(const std::string& ip) {
  // Fast path: most addresses are IPv4.
  if (ip.find(':') == std::string::npos)
    return ip;
  constexpr std::size_t network_bytes = 8;
  in6_addr address{};
  if (inet_pton(AF_INET6, ip.c_str(), &address) != 1)
    return ip;
  char text[INET6_ADDRSTRLEN] = {};
  if (IN6_IS_ADDR_V4MAPPED(&address) != 0) {
    inet_ntop(AF_INET, &address.s6_addr[12], text, sizeof text);
    return text;
  }
  std::fill(std::begin(address.s6_addr) + network_bytes,
            std::end(address.s6_addr), std::uint8_t{0});
  inet_ntop(AF_INET6, &address, text, sizeof text);
  return text;
}

} // namespace bridgekeeper
