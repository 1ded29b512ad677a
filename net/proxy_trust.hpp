#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::net {

/// An address as 16 bytes; IPv4 in the part of IPv6 that is set aside for it
/// (RFC 4291, 2.5.5.2), so that one kind of comparison does for both.
using address_bytes = std::array<std::uint8_t, 16>;

/// Addresses that begin alike: `10.0.0.0/8`, `fd00::/8`, or one: `127.0.0.1`.
struct ip_network {
  address_bytes first{};
  /// In bits of the 16 bytes.
  unsigned prefix = 128;

  [[nodiscard]] bool contains(const address_bytes& x) const noexcept;
};

/// Reads an address with or without `/BITS`.
[[nodiscard]] std::optional<ip_network> parse_network(std::string_view text);

/// Knows the proxies whose word counts on whom a request comes from. Immutable:
/// any thread.
class proxy_trust {
public:
  /// Nobody's word counts.
  proxy_trust() = default;

  explicit proxy_trust(std::vector<ip_network> proxies)
    : proxies_(std::move(proxies)) {}

  [[nodiscard]] bool trusts_nobody() const noexcept {
    return proxies_.empty();
  }

  /// Whether there is a proxy of ours at this address. The peers of a socket
  /// file always count as such: its mode says which users may connect.
  [[nodiscard]] bool trusts(std::string_view ip) const;

  /// Whom a request comes from: `peer_ip` or, if that is a proxy of ours, what
  /// `forwarded_for`, the values of all its `X-Forwarded-For` headers with
  /// commas between them, says. Each proxy adds the address it was asked from
  /// at the right, so the first one from there that is not ours is the client;
  /// what stands left of it anybody could have written. Where all are ours it
  /// is the leftmost, and `peer_ip` where something on the way is no address.
  /// An address is always written in the same way.
  [[nodiscard]] std::string client_of(const std::string& peer_ip,
                                      std::string_view forwarded_for) const;

private:
  [[nodiscard]] bool trusts(const address_bytes& x) const noexcept;

  std::vector<ip_network> proxies_;
};

} // namespace bridgekeeper::net
