#include "net/request_rules.hpp"

#include <algorithm>
#include <array>

namespace bridgekeeper::net {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_name_character(char c) {
  constexpr std::string_view marks = "-._~!$&'()*+,;=";
  return is_letter(c) || is_digit(c) || marks.find(c) != marks.npos;
}

/// A name or an IPv4 address, possibly with percent-encoded bytes.
bool is_registered_name(std::string_view text) {
  while (!text.empty()) {
    std::size_t length = 1;
    if (text[0] == '%') {
      if (text.size() < 3 || !is_hex(text[1]) || !is_hex(text[2]))
        return false;
      length = 3;
    } else if (!is_name_character(text[0])) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

/// An IPv6 address in brackets. Checks only its characters.
bool is_address_literal(std::string_view text) {
  if (text.size() < 4 || text.front() != '[' || text.back() != ']')
    return false;
  auto address = text.substr(1, text.size() - 2);
  return address.find(':') != address.npos
         && std::all_of(address.begin(), address.end(), [](char c) {
              return is_hex(c) || c == ':' || c == '.';
            });
}

constexpr std::array<std::string_view, 2> schemes{"http://", "https://"};

/// The part after the scheme in an absolute form; empty for other forms.
std::string_view without_scheme(std::string_view target) {
  auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  for (auto scheme : schemes)
    if (target.size() > scheme.size()
        && std::equal(scheme.begin(), scheme.end(), target.begin(),
                      [&](char x, char y) { return x == lower(y); }))
      return target.substr(scheme.size());
  return {};
}

} // namespace

bool is_valid_host(std::string_view text) {
  auto end = text.starts_with('[') ? text.find(']') : text.find(':');
  if (text.starts_with('[') && end != text.npos)
    ++end;
  auto host = text.substr(0, end);
  auto port = text.substr(std::min(host.size(), text.size()));
  if (!port.empty() && port[0] != ':')
    return false;
  if (!port.empty() && !std::all_of(port.begin() + 1, port.end(), is_digit))
    return false;
  return host.starts_with('[') ? is_address_literal(host)
                               : is_registered_name(host);
}

target_form form_of(std::string_view method, std::string_view target) {
  // A fragment must never be sent to a server.
  if (target.find('#') != target.npos)
    return target_form::other;
  if (target.starts_with('/'))
    return target_form::origin;
  if (target == "*")
    return method == "OPTIONS" ? target_form::asterisk : target_form::other;
  auto rest = without_scheme(target);
  auto authority = rest.substr(0, rest.find_first_of("/?"));
  return !authority.empty() && is_valid_host(authority) ? target_form::absolute
                                                        : target_form::other;
}

std::string_view path_and_query(std::string_view target) {
  if (target.starts_with('/'))
    return target;
  auto rest = without_scheme(target);
  if (rest.empty())
    return target;
  auto end = rest.find_first_of("/?");
  return end != rest.npos ? rest.substr(end) : "/";
}

bool is_websocket_key(std::string_view text) {
  constexpr std::size_t digits = 22;
  return text.size() == digits + 2 && text.substr(digits) == "=="
         && std::all_of(text.begin(), text.begin() + digits, [](char c) {
              return is_letter(c) || is_digit(c) || c == '+' || c == '/';
            });
}

} // namespace bridgekeeper::net
