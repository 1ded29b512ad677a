#include "protocol/close_reason.hpp"

#include "domain/limits.hpp"

namespace bridgekeeper::protocol {

std::string_view cut_close_text(std::string_view text) noexcept {
  if (text.size() <= max_close_reason)
    return text;
  auto length = max_close_reason;
  // A continuation byte is 10xxxxxx: back up to the start of its character.
  while (length > 0
         && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80)
    --length;
  return text.substr(0, length);
}

close_reason make_close_reason(errc code) {
  return make_close_reason(code, sentence(code));
}

close_reason make_close_reason(errc code, std::string_view text) {
  return {describe(code).close_code, std::string{cut_close_text(text)}};
}

} // namespace bridgekeeper::protocol
