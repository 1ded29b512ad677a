#pragma once

#include <boost/asio/ip/network_v6.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::net {

/// Addresses with a common prefix: `10.0.0.0/8`, `fd00::/8`, or one:
/// `127.0.0.1`. IPv4 uses its mapped form in IPv6 (RFC 4291, 2.5.5.2), so that
/// one comparison works for both.
using ip_network = boost::asio::ip::network_v6;

/// Parses an address with or without `/BITS`.
[[nodiscard]] std::optional<ip_network> parse_network(std::string_view text);

/// Whether `address` is the text of an address in `network`.
[[nodiscard]] bool contains(const ip_network& network,
                            std::string_view address);

/// The proxies that are trusted to name the client of a request. Immutable: any
/// thread.
class proxy_trust {
public:
  /// Trusts no one.
  proxy_trust() = default;

  explicit proxy_trust(std::vector<ip_network> proxies)
    : proxies_(std::move(proxies)) {}

  [[nodiscard]] bool trusts_nobody() const noexcept {
    return proxies_.empty();
  }

  /// Whether `ip` is a trusted proxy. The peers of a socket file are always
  /// trusted, because its mode says which users may connect.
  [[nodiscard]] bool trusts(std::string_view ip) const;

  /// The client of a request. That is `peer_ip`, unless it is a trusted proxy;
  /// then `forwarded_for` applies, the values of all its `X-Forwarded-For`
  /// headers separated by commas. Each proxy appends its peer's address, so the
  /// rightmost address that is not a trusted proxy is the client; anyone could
  /// have written the addresses to its left. If all are trusted, the client is
  /// the leftmost, and it is `peer_ip` if the search meets an invalid address.
  /// Addresses are always returned in the same format.
  [[nodiscard]] std::string client_of(const std::string& peer_ip,
                                      std::string_view forwarded_for) const;

private:
  [[nodiscard]] bool trusts(const boost::asio::ip::address_v6& x) const;

  std::vector<ip_network> proxies_;
};

} // namespace bridgekeeper::net
