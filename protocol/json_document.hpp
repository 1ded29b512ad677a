#pragma once

#include "domain/limits.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace bridgekeeper::protocol {

/// Whether objects and arrays in `text` are nested at most `max_depth` levels
/// deep. Exact for valid JSON; in other text, a parser gets no deeper than this
/// before it finds the error. A single pass without recursion or allocation.
/// Any thread.
[[nodiscard]] bool nests_within(std::string_view text,
                                std::size_t max_depth) noexcept;

/// Parses a complete document into a tree. Text from outside must not become a
/// tree anywhere else: the library copies, compares and serializes trees
/// recursively, so a deep one would overflow the stack. The result
/// `is_discarded()` if `text` is not valid JSON or is nested deeper than
/// `max_depth`. Throws only `std::bad_alloc`. Any thread.
[[nodiscard]] nlohmann::json
parse_json_document(std::string_view text,
                    std::size_t max_depth = max_json_depth);

/// The member `name` of `x`, or an empty text if `x` is no object or the member
/// is no text.
[[nodiscard]] std::string text_member(const nlohmann::json& x,
                                      std::string_view name);

} // namespace bridgekeeper::protocol
