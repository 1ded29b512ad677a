#pragma once

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::bench {

/// Who a frame through `beast_relay` is for and from. It stands in front of the
/// payload as `AAAAAAAA RRRRRRRR SSSSSSSS `: the agent, the requester and the
/// requester's slot, in decimal. The same bytes travel there and, with another
/// payload, back.
struct relay_route {
  static constexpr std::size_t digits = 8;
  static constexpr std::size_t size = 3 * (digits + 1);

  std::size_t agent = 0;
  std::size_t requester = 0;
  std::size_t slot = 0;

  void append_to(std::string& out) const {
    append_number(out, agent);
    append_number(out, requester);
    append_number(out, slot);
  }

  /// Reads one of the numbers: 0 the agent, 1 the requester, 2 the slot.
  [[nodiscard]] static std::optional<std::size_t>
  number(std::string_view frame, std::size_t which) noexcept {
    if (frame.size() < size)
      return std::nullopt;
    auto first = frame.data() + which * (digits + 1);
    std::size_t out = 0;
    auto [end, code] = std::from_chars(first, first + digits, out);
    if (code != std::errc{} || end != first + digits)
      return std::nullopt;
    return out;
  }

private:
  static void append_number(std::string& out, std::size_t number) {
    char text[digits + 1];
    for (auto i = digits; i-- > 0; number /= 10)
      text[i] = static_cast<char>('0' + number % 10);
    text[digits] = ' ';
    out.append(text, sizeof(text));
  }
};

} // namespace bridgekeeper::bench
