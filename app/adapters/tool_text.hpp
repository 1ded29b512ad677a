#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// The use of a tool in one line: its name and the most telling of its
/// arguments, as in `Bash: git status` or `Read: src/a.cpp`.
[[nodiscard]] std::string tool_text(std::string_view tool,
                                    const nlohmann::json& input);

/// The first line of `text`, cut to a length for reading.
[[nodiscard]] std::string headline(std::string_view text);

} // namespace bridgekeeper::app
