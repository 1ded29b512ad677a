#include "net/proxy_trust.hpp"

#include "domain/trimmed.hpp"
#include "net/address_text.hpp"
#include "net/local_peer.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>

namespace bridgekeeper::net {

namespace ip = boost::asio::ip;

namespace {

std::optional<ip::address_v6> parse_address(std::string_view text) {
  // Asio would stop at a zero, and take the name of an interface after `%`.
  if (text.find_first_of(std::string_view{"\0%", 2}) != std::string_view::npos)
    return std::nullopt;
  boost::system::error_code problem;
  auto out = ip::make_address(text, problem);
  if (problem)
    return std::nullopt;
  return out.is_v4() ? ip::make_address_v6(ip::v4_mapped, out.to_v4())
                     : out.to_v6();
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

bool is_in(const ip::address_v6& x, const ip_network& range) {
  return ip_network{x, range.prefix_length()}.network() == range.network();
}

} // namespace

bool contains(const ip_network& network, std::string_view address) {
  auto x = parse_address(address);
  return x && is_in(*x, network);
}

std::optional<ip_network> parse_network(std::string_view text) {
  auto slash = text.find('/');
  auto address = parse_address(text.substr(0, slash));
  if (!address)
    return std::nullopt;
  if (slash == std::string_view::npos)
    return ip_network{*address, 128};
  // The prefix is relative to the address's own length of 32 or 128 bits.
  auto is_short = text.find(':') == std::string_view::npos;
  auto digits = text.substr(slash + 1);
  auto last = digits.data() + digits.size();
  auto bits = 0U;
  auto [end, error] = std::from_chars(digits.data(), last, bits);
  if (error != std::errc{} || end != last || bits > (is_short ? 32U : 128U))
    return std::nullopt;
  return ip_network{*address,
                    static_cast<unsigned short>(is_short ? bits + 96 : bits)};
}

bool proxy_trust::trusts(std::string_view ip) const {
  if (is_local_peer(ip))
    return true;
  if (trusts_nobody())
    return false;
  auto address = parse_address(ip);
  return address && trusts(*address);
}

bool proxy_trust::trusts(const ip::address_v6& x) const {
  return std::any_of(proxies_.begin(), proxies_.end(),
                     [&](const ip_network& y) { return is_in(x, y); });
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
      return address_text(*hop);
  }
}

} // namespace bridgekeeper::net
