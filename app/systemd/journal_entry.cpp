#include "app/systemd/journal_entry.hpp"

#include <cstdint>

namespace bridgekeeper::app {

void journal_entry::add(std::string_view name, std::string_view value) {
  text_ += name;
  if (value.find('\n') == std::string_view::npos) {
    text_ += '=';
  } else {
    // With its length, as a 64-bit little-endian number, a value may have
    // several lines.
    text_ += '\n';
    auto size = std::uint64_t{value.size()};
    for (auto shift = 0U; shift < 64; shift += 8)
      text_ += static_cast<char>((size >> shift) & 0xffU);
  }
  text_ += value;
  text_ += '\n';
}

} // namespace bridgekeeper::app
