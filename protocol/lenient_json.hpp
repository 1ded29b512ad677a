#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::protocol {

/// Rewrites constructs that Python's `json.dumps` writes but RFC 8259 forbids,
/// so that the result of a stock bridge is not lost because of them: `NaN`,
/// `Infinity` and `-Infinity` become `null`, as do numbers too large for a
/// double, and an escaped lone surrogate becomes U+FFFD. Returns nothing if
/// there is nothing to rewrite. Called only for text that failed to parse.
[[nodiscard]] std::optional<std::string>
repair_python_json(std::string_view text);

} // namespace bridgekeeper::protocol
