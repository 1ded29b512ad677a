#pragma once

#include <boost/asio/ip/address.hpp>

#include <string>

namespace bridgekeeper::net {

/// Formats an address the same way whether it belongs to an IPv4 or an IPv6
/// socket.
[[nodiscard]] inline std::string
address_text(const boost::asio::ip::address& x) {
  namespace ip = boost::asio::ip;
  if (x.is_v6() && x.to_v6().is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, x.to_v6()).to_string();
  return x.to_string();
}

} // namespace bridgekeeper::net
