#pragma once

#include "domain/limits.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string_view>

namespace bridgekeeper::protocol {

/// Whether objects and arrays in `text` nest at most `max_depth` deep. Exact
/// for valid JSON; of other text, a parser gets no deeper before it finds the
/// fault. One pass, without recursion and without memory. Any thread.
[[nodiscard]] bool nests_within(std::string_view text,
                                std::size_t max_depth) noexcept;

/// Reads a whole document into a tree. Text from outside becomes a tree here
/// and nowhere else: the library copies, compares and writes trees recursively,
/// and a deep one would overflow the stack. The result `is_discarded()` where
/// `text` is not valid JSON or nests deeper than `max_depth`. Throws nothing
/// but `std::bad_alloc`. Any thread.
[[nodiscard]] nlohmann::json
parse_json_document(std::string_view text,
                    std::size_t max_depth = max_json_depth);

} // namespace bridgekeeper::protocol
