#include "net/endpoint.hpp"

#include <charconv>

namespace bridgekeeper::net {

namespace {

protocol::failure malformed(std::string_view text) {
  return {
      protocol::errc::bad_request,
      "\"" + std::string{text}
          + "\" is not HOST:PORT (for example 127.0.0.1:8000 or [::1]:8000)"};
}

} // namespace

protocol::result<endpoint> parse_endpoint(std::string_view text) {
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return malformed(text);
  auto host = text.substr(0, colon);
  auto digits = text.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return malformed(text);
  endpoint out{std::string{host}, 0};
  auto last = digits.data() + digits.size();
  auto [end, error] = std::from_chars(digits.data(), last, out.port);
  if (host.empty() || digits.empty() || error != std::errc{} || end != last)
    return malformed(text);
  return out;
}

std::string to_string(const endpoint& x) {
  auto port = std::to_string(x.port);
  if (x.host.find(':') != std::string::npos)
    return "[" + x.host + "]:" + port;
  return x.host + ":" + port;
}

} // namespace bridgekeeper::net
