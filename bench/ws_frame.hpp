#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::bench {

/// RFC 6455, section 5.2.
enum class opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
};

/// A frame as a server sends it.
struct ws_frame {
  opcode kind = opcode::text;
  bool last = true;
  std::string_view payload;
  /// Bytes it takes on the wire.
  std::size_t size = 0;
};

/// The frame that `bytes` begin with, if it is complete.
[[nodiscard]] std::optional<ws_frame> parse_frame(std::string_view bytes);

/// Appends one complete client frame. The mask is a constant: it costs the
/// server what any other does.
void append_frame(std::string& out, opcode kind, std::string_view payload);

} // namespace bridgekeeper::bench
