#include "protocol/json_writer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace bridgekeeper::protocol {

namespace {

/// Printable ASCII, except the quote and the backslash, needs no escaping.
constexpr auto plain_characters = [] {
  std::array<bool, 256> out{};
  for (auto c = 0x20; c < 0x7F; ++c)
    out[static_cast<std::size_t>(c)] = c != '"' && c != '\\';
  return out;
}();

bool is_plain(char c) {
  return plain_characters[static_cast<unsigned char>(c)];
}

/// Whether any of eight characters may need escaping. May return true even if
/// none does.
bool may_need_escapes(std::uint64_t eight) {
  constexpr std::uint64_t ones = 0x0101'0101'0101'0101;
  constexpr std::uint64_t high = ones * 0x80;
  auto has_zero = [](std::uint64_t x) { return (x - ones) & ~x & high; };
  auto control = (eight - ones * 0x20) & high;
  auto unprintable = (eight | (eight + ones)) & high;
  return (control | unprintable | has_zero(eight ^ ones * '"')
          | has_zero(eight ^ ones * '\\'))
         != 0;
}

bool is_plain(std::string_view text) {
  std::uint64_t eight = 0;
  while (text.size() >= sizeof eight) {
    std::memcpy(&eight, text.data(), sizeof eight);
    if (may_need_escapes(eight)
        && !std::all_of(text.begin(), text.begin() + sizeof eight,
                        [](char c) { return is_plain(c); }))
      return false;
    text.remove_prefix(sizeof eight);
  }
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_plain(c); });
}

} // namespace

void append_json_string(std::string& out, std::string_view text) {
  if (is_plain(text)) {
    // Fast path for nearly every string of the protocol: ids, tokens, English
    // text.
    out += '"';
    out += text;
    out += '"';
    return;
  }
  out += nlohmann::json(text).dump(-1, ' ', false,
                                   nlohmann::json::error_handler_t::replace);
}

void json_writer::begin(std::string_view name) {
  if (out_.size() > 1)
    out_ += ',';
  out_ += '"';
  out_ += name;
  out_ += "\":";
}

json_writer& json_writer::string(std::string_view name,
                                 std::string_view value) {
  begin(name);
  append_json_string(out_, value);
  return *this;
}

json_writer& json_writer::nullable(std::string_view name,
                                   const std::optional<std::string>& value) {
  return value ? string(name, *value) : null(name);
}

json_writer& json_writer::number(std::string_view name, std::int64_t value) {
  begin(name);
  out_ += std::to_string(value);
  return *this;
}

json_writer& json_writer::number(std::string_view name, double value) {
  if (!std::isfinite(value))
    return null(name);
  std::array<char, 32> buf;
  auto [end, err] = std::to_chars(buf.data(), buf.data() + buf.size(), value);
  return raw(name, err == std::errc{}
                       ? std::string_view{buf.data(), static_cast<std::size_t>(
                                                          end - buf.data())}
                       : std::string_view{"null"});
}

json_writer& json_writer::flag(std::string_view name, bool value) {
  return raw(name, value ? "true" : "false");
}

json_writer& json_writer::null(std::string_view name) {
  return raw(name, "null");
}

json_writer& json_writer::raw(std::string_view name, std::string_view text) {
  begin(name);
  out_ += text;
  return *this;
}

} // namespace bridgekeeper::protocol
