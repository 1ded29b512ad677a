#pragma once

#include "domain/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace bridgekeeper::protocol {

/// Normalizes the content of a task as the contract (section 2) requires:
/// removes NULs, strips white space from both ends, and checks that the length
/// is 1 to `max_code_points`. Fails with `empty_content` or `content_too_long`.
[[nodiscard]] result<std::string> clean_content(std::string text,
                                                std::size_t max_code_points);

/// `text` without white space at both ends, as defined by Python's `str.strip`.
[[nodiscard]] std::string_view strip(std::string_view text) noexcept;

/// Whether `text` contains only white space.
[[nodiscard]] bool is_blank(std::string_view text) noexcept;

} // namespace bridgekeeper::protocol
