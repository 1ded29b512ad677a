#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bridgekeeper {

/// A number with its noun: `1 task`, `2 tasks`.
[[nodiscard]] inline std::string
count_text(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + ' ' + std::string{count == 1 ? one : many};
}

} // namespace bridgekeeper
