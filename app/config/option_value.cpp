#include "app/config/option_value.hpp"

#include "app/config/option_text.hpp"
#include "app/text/overload.hpp"
#include "app/text/quantity.hpp"
#include "domain/limits.hpp"
#include "net/endpoint.hpp"
#include "net/proxy_trust.hpp"
#include "protocol/json_writer.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace bridgekeeper::app {

namespace {

std::string quote(std::string_view text) {
  std::string out;
  protocol::append_json_string(out, text);
  return out;
}

// -- reading a value as the type an option wants ------------------------------

using strings = std::vector<std::string>;

/// The alternative of `value` that is a T, or null.
template <class T>
const T* as(const option_value& value) noexcept {
  return std::get_if<T>(&value);
}

/// The text of `value`, whether it comes from the file or from elsewhere.
const std::string* text_of(const option_value& value) noexcept {
  if (auto x = as<plain_text>(value))
    return &x->text;
  return as<std::string>(value);
}

bare_number bare_numbers_in(const option_value& value) noexcept {
  return as<plain_text>(value) ? bare_number::accepted : bare_number::refused;
}

std::optional<bool> read_switch(const option_value& value) {
  if (auto x = as<bool>(value))
    return *x;
  if (auto x = as<plain_text>(value)) {
    for (auto yes : {"true", "on", "yes", "1"})
      if (x->text == yes)
        return true;
    for (auto no : {"false", "off", "no", "0"})
      if (x->text == no)
        return false;
  }
  return std::nullopt;
}

std::optional<std::size_t> read_count(const option_value& value) {
  if (auto x = as<std::int64_t>(value); x && *x >= 0)
    return static_cast<std::size_t>(*x);
  if (auto x = as<plain_text>(value)) {
    std::size_t out = 0;
    auto last = x->text.data() + x->text.size();
    auto [end, error] = std::from_chars(x->text.data(), last, out);
    if (error == std::errc{} && end == last)
      return out;
  }
  return std::nullopt;
}

std::optional<std::int64_t> read_limit(const option_value& value) {
  if (auto x = as<std::int64_t>(value))
    return *x;
  if (auto x = as<plain_text>(value)) {
    std::int64_t out = 0;
    auto last = x->text.data() + x->text.size();
    auto [end, error] = std::from_chars(x->text.data(), last, out);
    if (error == std::errc{} && end == last)
      return out;
  }
  return std::nullopt;
}

std::optional<double> read_number(const option_value& value) {
  if (auto x = as<std::int64_t>(value))
    return static_cast<double>(*x);
  if (auto x = as<double>(value))
    return *x;
  if (auto x = as<plain_text>(value)) {
    auto out = 0.0;
    auto last = x->text.data() + x->text.size();
    auto [end, error] = std::from_chars(x->text.data(), last, out);
    if (error == std::errc{} && end == last)
      return out;
  }
  return std::nullopt;
}

std::optional<std::size_t> read_size(const option_value& value) {
  if (auto x = text_of(value))
    return parse_size(*x, bare_numbers_in(value));
  return read_count(value);
}

std::optional<seconds> read_duration(const option_value& value) {
  if (auto x = text_of(value))
    return parse_duration(*x, bare_numbers_in(value));
  if (auto x = as<std::int64_t>(value))
    return seconds{static_cast<double>(*x)};
  if (auto x = as<double>(value))
    return seconds{*x};
  return std::nullopt;
}

/// Words of ours are in lower case; those of the server that Bridgekeeper
/// replaces are not (`INFO`).
std::optional<std::string> lowered(std::optional<std::string> x) {
  if (x)
    std::transform(x->begin(), x->end(), x->begin(), [](unsigned char c) {
      return static_cast<char>(std::tolower(c));
    });
  return x;
}

std::optional<strings> read_list(const option_value& value) {
  if (auto x = as<strings>(value))
    return *x;
  if (auto x = as<plain_text>(value))
    return split_at_commas(x->text);
  if (auto x = as<std::string>(value))
    return strings{*x};
  return std::nullopt;
}

// -- which values are allowed -------------------------------------------------

template <class T>
bool within(T x, T min, T max) noexcept {
  return x >= min && x <= max; // false for NaN
}

bool is_path(std::string_view x) noexcept {
  return !x.empty() && x.find('\0') == std::string_view::npos;
}

bool is_one_word(std::string_view x) {
  return std::none_of(x.begin(), x.end(),
                      [](unsigned char c) { return c <= 0x20 || c == 0x7f; });
}

bool is_endpoint(std::string_view x) {
  return is_one_word(x) && net::parse_endpoint_or_path(x).has_value();
}

bool is_network(const std::string& x) {
  return net::parse_network(x).has_value();
}

/// As browsers write one: in lower case, without the scheme's own port, a path
/// or a slash at the end. Any other text would match no page.
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
  // Without a port, any will do to see whether there is a host.
  auto has_port =
      place.rfind(':') != std::string_view::npos && !place.ends_with(']');
  return net::parse_endpoint(std::string{place} + (has_port ? "" : ":1"))
      .has_value();
}

bool is_loopback(std::string_view x) {
  auto endpoint = net::parse_endpoint(x);
  if (!is_one_word(x) || !endpoint)
    return false;
  const auto& host = endpoint->host;
  // Not a name that only begins like an address.
  auto is_ipv4 = host.find_first_not_of("0123456789.") == std::string::npos;
  return host == "localhost" || host == "::1"
         || (is_ipv4 && host.starts_with("127."));
}

bool is_token(std::string_view x) noexcept {
  return !x.empty() && x.size() <= max_token_length
         && std::none_of(x.begin(), x.end(),
                         [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

// -- saying what was found ----------------------------------------------------

std::string found(const option_value& value) {
  constexpr std::size_t longest = 80;
  auto text = [](const std::string& x) {
    return x.size() <= longest ? quote(x)
                               : quote(x.substr(0, longest)) + " and more";
  };
  return std::visit(
      overload{
          [](foreign_value) -> std::string {
            return "a value of another type";
          },
          [&](const plain_text& x) { return text(x.text); },
          [](bool x) -> std::string { return x ? "true" : "false"; },
          [](std::int64_t x) { return std::to_string(x); },
          [](double x) { return format_seconds(seconds{x}); },
          [&](const std::string& x) { return text(x); },
          [&](const strings& xs) {
            std::string all;
            for (const auto& x : xs)
              all.append(all.empty() ? "" : ", ").append(x);
            return xs.empty() ? "an empty list" : text(all);
          },
      },
      value);
}

/// Of a list of addresses only the first wrong one, else all that was found.
std::string culprit(const option& target, const option_value& value) {
  auto first_bad = [&](auto is_good) {
    auto xs = read_list(value).value_or(strings{});
    auto bad = std::find_if_not(xs.begin(), xs.end(), is_good);
    return bad != xs.end() ? found(*bad) : found(value);
  };
  if (std::holds_alternative<endpoints_kind>(target.kind))
    return first_bad(is_endpoint);
  if (std::holds_alternative<networks_kind>(target.kind))
    return first_bad(is_network);
  if (std::holds_alternative<origins_kind>(target.kind))
    return first_bad(is_origin);
  return found(value);
}

/// Puts the value into place if it was read and is allowed.
template <class T, class Read, class Allowed>
bool put(T& place, Read&& value, Allowed&& allowed) {
  if (!value || !allowed(*value))
    return false;
  place = std::move(*value);
  return true;
}

bool put_value(const option_kind& kind, config& out,
               const option_value& value) {
  auto in_range = [](const auto& k) {
    return [&k](auto x) { return within<decltype(x)>(x, k.min, k.max); };
  };
  auto text = [&]() -> std::optional<std::string> {
    if (auto x = text_of(value))
      return *x;
    return std::nullopt;
  };
  return std::visit(
      overload{
          [&](const switch_kind& k) {
            return put(k.at.edit(out), read_switch(value),
                       [](bool) { return true; });
          },
          [&](const count_kind& k) {
            return put(k.at.edit(out), read_count(value), in_range(k));
          },
          [&](const limit_kind& k) {
            return put(k.at.edit(out), read_limit(value),
                       [&](std::int64_t x) { return x <= k.max; });
          },
          [&](const number_kind& k) {
            return put(k.at.edit(out), read_number(value), in_range(k));
          },
          [&](const size_kind& k) {
            return put(k.at.edit(out), read_size(value), in_range(k));
          },
          [&](const duration_kind& k) {
            return put(k.at.edit(out), read_duration(value), in_range(k));
          },
          [&](const choice_kind& k) {
            return put(k.at.edit(out), lowered(text()),
                       [&](std::string_view x) {
                         return std::find(k.choices.begin(), k.choices.end(), x)
                                != k.choices.end();
                       });
          },
          [&](const path_kind& k) {
            return put(k.at.edit(out), text(), is_path);
          },
          [&](const optional_path_kind& k) {
            return put(k.at.edit(out), text(), is_path);
          },
          [&](const endpoints_kind& k) {
            return put(k.at.edit(out), read_list(value), [](const strings& xs) {
              return !xs.empty()
                     && std::all_of(xs.begin(), xs.end(), is_endpoint);
            });
          },
          [&](const networks_kind& k) {
            return put(k.at.edit(out), read_list(value), [](const strings& xs) {
              return std::all_of(xs.begin(), xs.end(), is_network);
            });
          },
          [&](const origins_kind& k) {
            return put(k.at.edit(out), read_list(value), [](const strings& xs) {
              return std::all_of(xs.begin(), xs.end(), is_origin);
            });
          },
          [&](const loopback_kind& k) {
            return put(k.at.edit(out), text(), [](std::string_view x) {
              return x == "off" || is_loopback(x);
            });
          },
          [&](const tokens_kind& k) {
            return put(k.at.edit(out), read_list(value), [](const strings& xs) {
              return std::all_of(xs.begin(), xs.end(), is_token);
            });
          },
      },
      kind);
}

} // namespace

std::string_view trim(std::string_view x) noexcept {
  constexpr std::string_view blank = " \t\r\n";
  auto first = x.find_first_not_of(blank);
  if (first == std::string_view::npos)
    return {};
  return x.substr(first, x.find_last_not_of(blank) - first + 1);
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto comma = std::min(text.find(','), text.size());
    if (auto part = trim(text.substr(0, comma)); !part.empty())
      out.emplace_back(part);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

std::optional<std::string> assign(const option& target, config& out,
                                  const option_value& value) {
  if (put_value(target.kind, out, value))
    return std::nullopt;
  auto expected = "expected " + expectation(target);
  // Tokens are put under the wrong key of their section, too.
  return target.section == "auth"
             ? expected
             : "found " + culprit(target, value) + ", " + expected;
}

} // namespace bridgekeeper::app
