#include "app/text/quantity.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <system_error>

namespace bridgekeeper::app {

namespace {

template <class T>
struct unit {
  std::string_view name;
  T factor;
};

constexpr auto time_units = std::to_array<unit<double>>({
    {"ms", 0.001},
    {"s", 1.0},
    {"m", 60.0},
    {"h", 3600.0},
    {"d", 86'400.0},
});

constexpr auto size_units = std::to_array<unit<std::size_t>>({
    {"GiB", std::size_t{1} << 30},
    {"MiB", std::size_t{1} << 20},
    {"KiB", std::size_t{1} << 10},
    {"B", 1},
});

/// A number and its unit's factor.
template <class T>
struct amount {
  T number;
  T factor;
};

template <class T>
std::optional<amount<T>> parse_amount(std::string_view text, bare_number bare,
                                      std::span<const unit<T>> units) {
  // from_chars would also take "-1", "inf" and "nan".
  if (text.empty() || text.front() < '0' || text.front() > '9')
    return std::nullopt;
  amount<T> out{T{}, T{1}};
  auto last = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), last, out.number);
  if (error != std::errc{})
    return std::nullopt;
  std::string_view name{rest, static_cast<std::size_t>(last - rest)};
  if (name.empty()) {
    if (bare == bare_number::refused)
      return std::nullopt;
    return out;
  }
  if (name.front() == ' ')
    name.remove_prefix(1);
  for (const auto& x : units) {
    if (x.name == name) {
      out.factor = x.factor;
      return out;
    }
  }
  return std::nullopt;
}

} // namespace

std::optional<seconds> parse_duration(std::string_view text, bare_number bare) {
  auto x = parse_amount<double>(text, bare, time_units);
  if (!x)
    return std::nullopt;
  return seconds{x->number * x->factor};
}

std::optional<std::size_t> parse_size(std::string_view text, bare_number bare) {
  auto x = parse_amount<std::size_t>(text, bare, size_units);
  if (!x || x->number > std::numeric_limits<std::size_t>::max() / x->factor)
    return std::nullopt;
  return x->number * x->factor;
}

std::string format_number(double x) {
  std::array<char, 32> buffer;
  auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), x,
                    std::chars_format::general);
  if (error != std::errc{})
    return std::to_string(x);
  return {buffer.data(), end};
}

std::string format_seconds(seconds x) {
  return format_number(x.count());
}

std::string format_decimal(double x) {
  std::array<char, 64> buffer;
  auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), x,
                    std::chars_format::fixed);
  // Only numbers that no setting has are longer.
  return error == std::errc{} ? std::string{buffer.data(), end}
                              : format_number(x);
}

std::string format_duration(seconds x) {
  constexpr double day = 86'400;
  if (x.count() >= day && std::fmod(x.count(), day) == 0)
    return format_decimal(x.count() / day) + 'd';
  return format_decimal(x.count()) + 's';
}

std::string format_size(std::size_t bytes) {
  for (const auto& x : size_units) {
    if (bytes >= x.factor && bytes % x.factor == 0)
      return std::to_string(bytes / x.factor).append(x.name);
  }
  return "0B";
}

} // namespace bridgekeeper::app
