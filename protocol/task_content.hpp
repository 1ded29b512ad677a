#pragma once

#include "domain/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace bridgekeeper::protocol {

/// Makes a task's text what the contract (section 2) wants it to be: NULs
/// removed, white space stripped from both ends, 1 to `max_code_points` long.
/// Fails with `empty_content` or `content_too_long`.
[[nodiscard]] result<std::string> clean_content(std::string text,
                                                std::size_t max_code_points);

/// `text` without the white space at both ends, as Python's `str.strip` counts
/// it.
[[nodiscard]] std::string_view strip(std::string_view text) noexcept;

/// Whether there is nothing but white space in `text`.
[[nodiscard]] bool is_blank(std::string_view text) noexcept;

/// Length of `text`, which is UTF-8, as the contract counts it (and Python).
[[nodiscard]] std::size_t count_code_points(std::string_view text) noexcept;

} // namespace bridgekeeper::protocol
