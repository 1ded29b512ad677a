#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::api {

/// Invalid escapes stay as they are.
[[nodiscard]] std::string percent_decoded(std::string_view text,
                                          bool plus_is_space);

/// The last query parameter with this name, decoded.
[[nodiscard]] std::optional<std::string> query_value(std::string_view target,
                                                     std::string_view name);

/// The number of query parameters with this name.
[[nodiscard]] std::size_t count_query_values(std::string_view target,
                                             std::string_view name);

} // namespace bridgekeeper::api
