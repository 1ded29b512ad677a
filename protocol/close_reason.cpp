#include "protocol/close_reason.hpp"

#include "domain/limits.hpp"
#include "domain/utf8.hpp"

namespace bridgekeeper::protocol {

std::string_view cut_close_text(std::string_view text) noexcept {
  if (text.size() <= max_close_reason)
    return text;
  auto length = max_close_reason;
  // Unlike `cut_utf8` never within what could be a character: RFC 6455, 5.5.1
  // requires UTF-8.
  while (length > 0 && is_utf8_continuation(text[length]))
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
