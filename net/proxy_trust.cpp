#include "net/proxy_trust.hpp"

#include "domain/trimmed.hpp"
#include "net/local_peer.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace bridgekeeper::net {

namespace {

/// `::ffff:0:0/96`, the range of IPv4-mapped addresses.
constexpr address_bytes ipv4_mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t ipv4_offset = 12;

bool is_ipv4(const address_bytes& x) noexcept {
  return std::equal(x.begin(), x.begin() + ipv4_offset, ipv4_mapped.begin());
}

std::optional<address_bytes> parse_address(std::string_view text) {
  // The C functions need a terminating zero; a longer text is not an address.
  if (text.size() >= INET6_ADDRSTRLEN
      || text.find('\0') != std::string_view::npos)
    return std::nullopt;
  std::string address{text};
  address_bytes out = ipv4_mapped;
  if (::inet_pton(AF_INET, address.c_str(), out.data() + ipv4_offset) == 1
      || ::inet_pton(AF_INET6, address.c_str(), out.data()) == 1)
    return out;
  return std::nullopt;
}

std::string to_string(const address_bytes& x) {
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (is_ipv4(x))
    ::inet_ntop(AF_INET, x.data() + ipv4_offset, out.data(), out.size());
  else
    ::inet_ntop(AF_INET6, x.data(), out.data(), out.size());
  return out.data();
}

/// White space in a header (RFC 9110, 5.6.3).
constexpr std::string_view blanks = " \t";

/// Removes the port that some proxies add: `192.0.2.1:80`, `[2001:db8::1]:80`.
std::string_view without_port(std::string_view x) noexcept {
  auto colon = std::min(x.rfind(':'), x.size());
  auto port = x.substr(std::min(colon + 1, x.size()));
  auto host = x.substr(0, colon);
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!port.empty() && std::all_of(port.begin(), port.end(), is_digit)
      && (host.ends_with(']') || host.find(':') == std::string_view::npos))
    x = host;
  if (x.starts_with('[') && x.ends_with(']'))
    return x.substr(1, x.size() - 2);
  return x;
}

/// Removes the part after the last comma from `list` and returns it.
std::string_view take_last(std::string_view& list) noexcept {
  auto comma = list.rfind(',');
  auto begin = comma == std::string_view::npos ? 0 : comma + 1;
  auto out = trimmed(list.substr(begin), blanks);
  list.remove_suffix(list.size() - (begin == 0 ? 0 : comma));
  return out;
}

} // namespace

bool ip_network::contains(const address_bytes& x) const noexcept {
  auto bytes = prefix / 8;
  if (!std::equal(first.begin(), first.begin() + bytes, x.begin()))
    return false;
  auto bits = prefix % 8;
  return bits == 0 || (first[bytes] ^ x[bytes]) >> (8 - bits) == 0;
}

std::optional<ip_network> parse_network(std::string_view text) {
  auto slash = text.find('/');
  auto address = parse_address(text.substr(0, slash));
  if (!address)
    return std::nullopt;
  ip_network out{*address};
  if (slash == std::string_view::npos)
    return out;
  // The prefix is relative to the address's own length of 32 or 128 bits.
  auto is_short = text.find(':') == std::string_view::npos;
  auto digits = text.substr(slash + 1);
  auto last = digits.data() + digits.size();
  auto bits = 0U;
  auto [end, error] = std::from_chars(digits.data(), last, bits);
  if (error != std::errc{} || end != last || bits > (is_short ? 32U : 128U))
    return std::nullopt;
  out.prefix = is_short ? bits + 96 : bits;
  return out;
}

bool proxy_trust::trusts(std::string_view ip) const {
  if (is_local_peer(ip))
    return true;
  if (trusts_nobody())
    return false;
  auto address = parse_address(ip);
  return address && trusts(*address);
}

bool proxy_trust::trusts(const address_bytes& x) const noexcept {
  return std::any_of(proxies_.begin(), proxies_.end(),
                     [&](const ip_network& y) { return y.contains(x); });
}

std::string proxy_trust::client_of(const std::string& peer_ip,
                                   std::string_view forwarded_for) const {
  if (trimmed(forwarded_for, blanks).empty() || !trusts(peer_ip))
    return peer_ip;
  for (;;) {
    auto hop = parse_address(without_port(take_last(forwarded_for)));
    if (!hop)
      return peer_ip;
    if (forwarded_for.empty() || !trusts(*hop))
      return to_string(*hop);
  }
}

} // namespace bridgekeeper::net
