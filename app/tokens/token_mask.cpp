#include "app/tokens/token_mask.hpp"

#include "domain/access/token_grant.hpp"

#include <algorithm>
#include <cctype>

namespace bridgekeeper::app {

namespace {

/// Whether a token may begin after, or end before, this character: any ASCII
/// character except letters, digits, `_`, `-` and `/`.
bool is_border(unsigned char c) noexcept {
  return c < 0x80 && std::isalnum(c) == 0 && c != '_' && c != '-' && c != '/';
}

} // namespace

std::string mask_tokens(std::string_view text) {
  std::string out;
  auto at_border = true;
  while (!text.empty()) {
    if (at_border && text.starts_with(token_prefix)) {
      out += std::string{token_prefix} + "…";
      auto end = std::find_if(text.begin(), text.end(), is_border);
      text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
      at_border = false;
      continue;
    }
    at_border = is_border(static_cast<unsigned char>(text.front()));
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

} // namespace bridgekeeper::app
