#pragma once

#include <string_view>

namespace bridgekeeper::test {

[[nodiscard]] inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

} // namespace bridgekeeper::test
