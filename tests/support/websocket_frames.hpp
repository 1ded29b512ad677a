#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bridgekeeper::test {

/// What a frame is (RFC 6455, 5.2).
enum class opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
};

/// The head of a client's frame of `size` bytes. Its masking key is zero, so
/// the payload follows as it is.
inline std::string frame_head(opcode op, std::uint64_t size, bool last = true) {
  std::string out;
  out += static_cast<char>((last ? 0x80 : 0) | static_cast<int>(op));
  auto bytes = 0;
  if (size < 126) {
    out += static_cast<char>(0x80 | size);
  } else {
    bytes = size <= 0xFFFF ? 2 : 8;
    out += static_cast<char>(0x80 | (bytes == 2 ? 126 : 127));
  }
  while (bytes-- > 0)
    out += static_cast<char>(size >> (8 * bytes));
  out.append(4, '\0');
  return out;
}

inline std::string client_frame(opcode op, std::string_view payload,
                                bool last = true) {
  return frame_head(op, payload.size(), last) + std::string{payload};
}

/// The payload of a close frame.
inline std::string close_payload(std::uint16_t code, std::string_view reason) {
  return std::string{static_cast<char>(code >> 8),
                     static_cast<char>(code & 0xFF)}
         + std::string{reason};
}

} // namespace bridgekeeper::test
