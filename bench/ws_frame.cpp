#include "bench/ws_frame.hpp"

#include <cstring>

namespace bridgekeeper::bench {

namespace {

constexpr std::uint64_t mask = 0x3d21fa373d21fa37;

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t out = 0;
  for (auto byte : bytes)
    out = out << 8 | static_cast<std::uint8_t>(byte);
  return out;
}

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  while (bytes-- > 0)
    out += static_cast<char>(value >> (8 * bytes) & 0xff);
}

void append_masked(std::string& out, std::string_view payload) {
  auto offset = out.size();
  out += payload;
  auto at = out.data() + offset;
  auto left = payload.size();
  for (; left >= sizeof(mask); left -= sizeof(mask), at += sizeof(mask)) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof(word));
    word ^= mask;
    std::memcpy(at, &word, sizeof(word));
  }
  char key[sizeof(mask)];
  std::memcpy(key, &mask, sizeof(mask));
  for (std::size_t i = 0; i < left; ++i)
    at[i] = static_cast<char>(at[i] ^ key[i]);
}

} // namespace

std::optional<ws_frame> parse_frame(std::string_view bytes) {
  if (bytes.size() < 2)
    return std::nullopt;
  auto first = static_cast<std::uint8_t>(bytes[0]);
  auto length = static_cast<std::size_t>(bytes[1] & 0x7f);
  std::size_t head = 2;
  if (length >= 126) {
    auto wide = std::size_t{length == 126 ? 2U : 8U};
    if (bytes.size() < head + wide)
      return std::nullopt;
    length = big_endian(bytes.substr(head, wide));
    head += wide;
  }
  if (bytes.size() - head < length)
    return std::nullopt;
  return ws_frame{static_cast<opcode>(first & 0x0f), (first & 0x80) != 0,
                  bytes.substr(head, length), head + length};
}

void append_frame(std::string& out, opcode kind, std::string_view payload) {
  out += static_cast<char>(0x80 | static_cast<std::uint8_t>(kind));
  auto length = payload.size();
  if (length < 126) {
    out += static_cast<char>(0x80 | length);
  } else if (length < 65'536) {
    out += static_cast<char>(0x80 | 126);
    append_big_endian(out, length, 2);
  } else {
    out += static_cast<char>(0x80 | 127);
    append_big_endian(out, length, 8);
  }
  out.append(reinterpret_cast<const char*>(&mask), 4);
  append_masked(out, payload);
}

} // namespace bridgekeeper::bench
