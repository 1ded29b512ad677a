#include "store/dispatches/uuid_bytes.hpp"

#include <cstddef>

namespace bridgekeeper::store {

namespace {

constexpr std::string_view digits = "0123456789abcdef";
constexpr std::size_t text_size = 36;

constexpr bool is_hyphen_at(std::size_t i) noexcept {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

/// The values of digits by their characters; -1 for all other characters. Each
/// dispatch has its id converted, digit by digit.
constexpr auto values = [] {
  std::array<signed char, 256> out{};
  out.fill(-1);
  for (std::size_t i = 0; i < digits.size(); ++i)
    out[static_cast<unsigned char>(digits[i])] = static_cast<signed char>(i);
  return out;
}();

int value_of(char c) noexcept {
  return values[static_cast<unsigned char>(c)];
}

/// Stores the digit with this index.
void put(uuid_bytes& out, std::size_t index, int value) noexcept {
  auto& byte = out[index / 2];
  auto old = static_cast<unsigned char>(byte);
  byte = static_cast<char>(index % 2 == 0 ? (value << 4) | (old & 0x0f)
                                          : (old & 0xf0) | value);
}

} // namespace

std::optional<uuid_range> uuids_from(std::string_view prefix) noexcept {
  if (prefix.empty() || prefix.size() > text_size)
    return std::nullopt;
  uuid_range out;
  out.last.fill(static_cast<char>(0xff));
  std::size_t index = 0;
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    if (is_hyphen_at(i)) {
      if (prefix[i] != '-')
        return std::nullopt;
      continue;
    }
    auto value = value_of(prefix[i]);
    if (value < 0)
      return std::nullopt;
    put(out.first, index, value);
    put(out.last, index, value);
    ++index;
  }
  return out;
}

std::optional<uuid_bytes> to_uuid(std::string_view text) noexcept {
  if (text.size() != text_size)
    return std::nullopt;
  uuid_bytes out;
  std::size_t i = 0;
  for (auto& byte : out) {
    if (is_hyphen_at(i) && text[i++] != '-')
      return std::nullopt;
    auto high = value_of(text[i]);
    auto low = value_of(text[i + 1]);
    if ((high | low) < 0)
      return std::nullopt;
    byte = static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

std::string to_uuid_text(std::string_view bytes) {
  std::string out;
  out.reserve(text_size);
  for (auto c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    if (is_hyphen_at(out.size()))
      out += '-';
    out += digits[byte >> 4];
    out += digits[byte & 0x0f];
  }
  return out;
}

} // namespace bridgekeeper::store
