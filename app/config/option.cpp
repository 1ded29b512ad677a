#include "app/config/option.hpp"

#include <algorithm>
#include <cctype>

namespace bridgekeeper::app {

std::string full_name(const option& x) {
  return std::string{x.section}.append(".").append(x.key);
}

std::string variable_name(const option& x) {
  auto out = "BRIDGEKEEPER_" + std::string{x.section}.append("_").append(x.key);
  std::ranges::transform(out, out.begin(), [](unsigned char c) {
    return static_cast<char>(std::toupper(c));
  });
  return out;
}

bool is_secret(const option& x) noexcept {
  auto list = std::get_if<list_kind>(&x.kind);
  return list != nullptr && list->syntax.is_secret;
}

} // namespace bridgekeeper::app
