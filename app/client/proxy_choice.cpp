#include "app/client/proxy_choice.hpp"

#include "domain/trimmed.hpp"
#include "net/proxy_trust.hpp"

#include <boost/algorithm/string/predicate.hpp>
#include <boost/asio/ip/address.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

namespace bridgekeeper::app {

namespace {

namespace ip = boost::asio::ip;
using boost::system::error_code;

/// The user name or password of a URL, whose special characters are escaped.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto code = 0U;
    const auto* digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size()
        && std::from_chars(digits, digits + 2, code, 16).ptr == digits + 2) {
      out += static_cast<char>(code);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string base64(std::string_view text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  auto length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

/// RFC 7617.
std::string basic_authorization(std::string_view user_info) {
  auto colon = std::min(user_info.find(':'), user_info.size());
  auto password = user_info.substr(std::min(colon + 1, user_info.size()));
  return "Basic "
         + base64(unescaped(user_info.substr(0, colon)) + ':'
                  + unescaped(password));
}

/// The value may contain a password, so no message shows it.
failure unusable(const std::string& variable, const std::string& why) {
  return {errc::bad_request, variable + " " + why
                                 + ". Set it to http://HOST:PORT, or add "
                                   "this daemon's host to NO_PROXY."};
}

result<net::client_proxy> parse_proxy(const std::string& variable,
                                      std::string_view url) {
  net::client_proxy out;
  if (auto at = url.find("://"); at != url.npos) {
    if (!boost::algorithm::iequals(url.substr(0, at), "http"))
      return unusable(variable, "names a proxy whose scheme is not http://, "
                                "the only supported one");
    url.remove_prefix(at + 3);
  }
  url = url.substr(0, url.find('/'));
  if (auto at = url.rfind('@'); at != url.npos) {
    out.authorization = basic_authorization(url.substr(0, at));
    url.remove_prefix(at + 1);
  }
  auto address = parse_server_address("http://" + std::string{url});
  if (!address)
    return unusable(variable, "is not the address of a proxy");
  out.server = std::move(address->server);
  return out;
}

/// Removes a port from the end of an item of NO_PROXY. A colon that is not the
/// only one is part of an IPv6 address.
std::optional<std::uint16_t> take_port(std::string_view& item) {
  auto colon = item.rfind(':');
  if (colon == item.npos
      || (item.find(':') != colon && !item.substr(0, colon).ends_with(']')))
    return {};
  std::uint16_t port = 0;
  auto [end, err] =
      std::from_chars(item.data() + colon + 1, item.data() + item.size(), port);
  if (err != std::errc{} || end != item.data() + item.size())
    return {};
  item = item.substr(0, colon);
  return port;
}

bool excludes(std::string_view item, const net::endpoint& server) {
  if (item == "*")
    return true;
  auto port = take_port(item);
  if (port && *port != server.port)
    return false;
  if (item.starts_with('[') && item.ends_with(']'))
    item = item.substr(1, item.size() - 2);
  if (auto network = net::parse_network(item))
    return net::contains(*network, server.host);
  if (item.starts_with('.'))
    item.remove_prefix(1);
  if (item.empty())
    return false;
  return boost::algorithm::iequals(item, server.host)
         || boost::algorithm::iends_with(server.host, "." + std::string{item});
}

bool is_this_host(const std::string& host) {
  error_code ec;
  auto address = ip::make_address(host, ec);
  return ec ? boost::algorithm::iequals(host, "localhost")
            : address.is_loopback();
}

/// The first of these variables that has a value, and that value.
std::pair<std::string, std::string>
first_set(std::span<const char* const> names,
          const environment_lookup& lookup) {
  for (const auto* name : names)
    if (auto value = lookup(name); !trimmed(value).empty())
      return {name, std::string{trimmed(value)}};
  return {};
}

} // namespace

bool is_excluded(std::string_view no_proxy, const net::endpoint& server) {
  while (!no_proxy.empty()) {
    auto end = std::min(no_proxy.find_first_of(", "), no_proxy.size());
    if (excludes(no_proxy.substr(0, end), server))
      return true;
    no_proxy.remove_prefix(std::min(end + 1, no_proxy.size()));
  }
  return false;
}

result<std::optional<net::client_proxy>>
find_proxy(const server_address& address, const environment_lookup& lookup) {
  using found = std::optional<net::client_proxy>;
  static constexpr std::array proxies{"HTTPS_PROXY", "https_proxy"};
  static constexpr std::array exclusions{"NO_PROXY", "no_proxy"};
  if (!address.tls || address.server.is_local()
      || is_this_host(address.server.host))
    return found{};
  auto [variable, url] = first_set(proxies, lookup);
  if (url.empty()
      || is_excluded(first_set(exclusions, lookup).second, address.server))
    return found{};
  auto proxy = parse_proxy(variable, url);
  if (!proxy)
    return proxy.error();
  return found{std::move(*proxy)};
}

} // namespace bridgekeeper::app
