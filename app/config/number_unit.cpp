#include "app/config/number_unit.hpp"

#include "app/text/quantity.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>

namespace bridgekeeper::app {

namespace {

using number = std::optional<double>;

/// All of `text` as a T.
template <class T>
number parse(const std::string& text) {
  T out{};
  auto last = text.data() + text.size();
  auto [end, error] = std::from_chars(text.data(), last, out);
  if (error != std::errc{} || end != last)
    return std::nullopt;
  return static_cast<double>(out);
}

number integer_in(const option_value& value) {
  if (auto x = std::get_if<std::int64_t>(&value))
    return static_cast<double>(*x);
  return std::nullopt;
}

number number_in(const option_value& value) {
  if (auto x = std::get_if<double>(&value))
    return *x;
  return integer_in(value);
}

bare_number bare_numbers_in(const option_value& value) noexcept {
  auto is_plain = std::holds_alternative<plain_text>(value);
  return is_plain ? bare_number::accepted : bare_number::refused;
}

template <class T>
number read_whole(const option_value& value) {
  auto text = std::get_if<plain_text>(&value);
  return text != nullptr ? parse<T>(text->text) : integer_in(value);
}

number read_decimal(const option_value& value) {
  auto text = std::get_if<plain_text>(&value);
  return text != nullptr ? parse<double>(text->text) : number_in(value);
}

number read_bytes(const option_value& value) {
  auto text = text_of(value);
  if (text == nullptr)
    return integer_in(value);
  auto out = parse_size(*text, bare_numbers_in(value));
  return out ? number{static_cast<double>(*out)} : std::nullopt;
}

number read_duration(const option_value& value) {
  auto text = text_of(value);
  if (text == nullptr)
    return number_in(value);
  auto out = parse_duration(*text, bare_numbers_in(value));
  return out ? number{out->count()} : std::nullopt;
}

std::string format_whole(double x) {
  return std::to_string(static_cast<std::int64_t>(x));
}

std::string format_time(double x) {
  return format_duration(seconds{x});
}

std::string format_bytes(double x) {
  return format_size(static_cast<std::size_t>(x));
}

} // namespace

namespace units {

constexpr number_unit count{.read = read_whole<std::size_t>,
                            .format = format_whole,
                            .is_whole = true,
                            .placeholder = "N",
                            .name = "a whole number"};

constexpr number_unit limit{.read = read_whole<std::int64_t>,
                            .format = format_whole,
                            .is_whole = true,
                            .placeholder = "N",
                            .name = "a whole number",
                            .hint = ", or 0 for off"};

constexpr number_unit decimal{.read = read_decimal,
                              .format = format_number,
                              .placeholder = "NUMBER",
                              .name = "a number"};

constexpr number_unit bytes{.read = read_bytes,
                            .format = format_bytes,
                            .is_whole = true,
                            .placeholder = "SIZE",
                            .name = "bytes",
                            .hint = ", such as 65536 or \"64KiB\"",
                            .is_quoted = true};

constexpr number_unit duration{.read = read_duration,
                               .format = format_decimal,
                               .placeholder = "TIME",
                               .name = "seconds",
                               .hint = ", such as 30, \"500ms\" or \"10m\"",
                               .suffix = "s",
                               .long_form = format_time};

} // namespace units

} // namespace bridgekeeper::app
