#include "net/endpoint.hpp"

#include <charconv>
#include <sys/un.h>

namespace bridgekeeper::net {

namespace {

constexpr std::string_view path_scheme = "unix:";

/// The kernel's limit, minus the terminating zero (unix(7)).
constexpr std::size_t max_path = sizeof(sockaddr_un::sun_path) - 1;

failure malformed(std::string_view text) {
  return {
      errc::bad_request,
      "\"" + std::string{text}
          + "\" is not HOST:PORT (for example 127.0.0.1:8000 or [::1]:8000)"};
}

} // namespace

result<endpoint> parse_endpoint(std::string_view text) {
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

result<endpoint> parse_endpoint_or_path(std::string_view text) {
  if (!text.starts_with(path_scheme))
    return parse_endpoint(text);
  auto path = text.substr(path_scheme.size());
  if (path.empty() || path.size() > max_path
      || path.find('\0') != std::string_view::npos)
    return failure{errc::bad_request,
                   "\"" + std::string{text}
                       + "\" is not unix:PATH with a path of up to "
                       + std::to_string(max_path) + " bytes"};
  return endpoint{{}, 0, std::string{path}};
}

std::string to_string(const endpoint& x) {
  if (x.is_local())
    return std::string{path_scheme} + x.path;
  auto port = std::to_string(x.port);
  if (x.host.find(':') != std::string::npos)
    return "[" + x.host + "]:" + port;
  return x.host + ":" + port;
}

} // namespace bridgekeeper::net
