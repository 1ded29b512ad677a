#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::protocol {

/// Rewrites what Python's `json.dumps` writes and RFC 8259 forbids, so that a
/// stock bridge's result is not lost over it: `NaN`, `Infinity` and `-Infinity`
/// become `null`, as does a number too large for a double, and an escaped
/// surrogate without its other half becomes U+FFFD. Returns nothing where there
/// is nothing of the kind to rewrite. Called only for text that failed to
/// parse.
[[nodiscard]] std::optional<std::string>
repair_python_json(std::string_view text);

} // namespace bridgekeeper::protocol
