#include "app/config/text_syntax.hpp"

#include "domain/limits.hpp"
#include "net/loopback.hpp"
#include "net/proxy_trust.hpp"

#include <algorithm>
#include <cctype>
#include <string>

namespace bridgekeeper::app {

namespace {

bool is_path(std::string_view x) {
  return !x.empty() && x.find('\0') == std::string_view::npos;
}

bool is_one_word(std::string_view x) {
  return std::none_of(x.begin(), x.end(),
                      [](unsigned char c) { return c <= 0x20 || c == 0x7f; });
}

bool is_endpoint(std::string_view x) {
  return is_one_word(x) && net::parse_endpoint_or_path(x).has_value();
}

bool is_loopback_or_off(std::string_view x) {
  if (x == "off")
    return true;
  auto endpoint = net::parse_endpoint(x);
  return is_one_word(x) && endpoint && net::is_loopback(*endpoint);
}

bool is_network(std::string_view x) {
  return net::parse_network(std::string{x}).has_value();
}

bool is_origin(std::string_view x) {
  auto is_secure = x.starts_with("https://");
  if (!is_secure && !x.starts_with("http://"))
    return false;
  auto place = x.substr(is_secure ? 8 : 7);
  auto is_foreign = [](unsigned char c) {
    return c <= 0x20 || c >= 0x7f || std::isupper(c) != 0
           || std::string_view{"/?#@*,\\"}.find(static_cast<char>(c))
                  != std::string_view::npos;
  };
  if (place.empty() || std::any_of(place.begin(), place.end(), is_foreign)
      || place.ends_with(is_secure ? ":443" : ":80"))
    return false;
  // An origin without a port gets one, so that the host can be checked.
  auto has_port =
      place.rfind(':') != std::string_view::npos && !place.ends_with(']');
  return net::parse_endpoint(std::string{place} + (has_port ? "" : ":1"))
      .has_value();
}

bool is_token(std::string_view x) {
  return !x.empty() && x.size() <= max_token_length
         && std::none_of(x.begin(), x.end(),
                         [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

} // namespace

namespace syntax {

constexpr text_syntax directory{is_path, "a path", "DIR"};

constexpr text_syntax file{is_path, "a path", "FILE"};

constexpr text_syntax endpoint{
    is_endpoint,
    "one or more HOST:PORT or unix:PATH, such as 127.0.0.1:8000, [::1]:8000 or "
    "unix:/run/bridgekeeper.sock",
    "ADDRESS"};

constexpr text_syntax loopback{
    is_loopback_or_off,
    "HOST:PORT on the loopback interface, such as 127.0.0.1:8001, or off",
    "HOST:PORT"};

constexpr text_syntax network{
    is_network, "addresses or networks, such as 127.0.0.1 or 10.0.0.0/8",
    "ADDRESS"};

constexpr text_syntax origin{
    is_origin,
    "origins of web pages, such as https://panel.example.com or "
    "http://localhost:5173, without a path",
    "ORIGIN"};

static_assert(max_token_length == 4096, "the text below names it");

constexpr text_syntax token{
    is_token,
    "a list of tokens, none of them empty, longer than 4096 bytes or with "
    "control characters",
    "TOKENS", true};

} // namespace syntax

} // namespace bridgekeeper::app
