#include "actors/access/counted_address.hpp"

#include <algorithm>
#include <arpa/inet.h>

namespace bridgekeeper::actors {

std::string counted_address(const std::string& ip) {
  constexpr std::size_t network_bytes = 8;
  in6_addr address{};
  if (inet_pton(AF_INET6, ip.c_str(), &address) != 1
      || IN6_IS_ADDR_V4MAPPED(&address) != 0)
    return ip;
  std::fill(std::begin(address.s6_addr) + network_bytes,
            std::end(address.s6_addr), std::uint8_t{0});
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(AF_INET6, &address, text, sizeof text);
  return text;
}

} // namespace bridgekeeper::actors
