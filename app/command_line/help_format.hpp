#pragma once

#include <memory>
#include <string>

namespace CLI {
class FormatterBase;
}

namespace bridgekeeper::app {

/// The layout of all help texts: two columns, and one blank line between
/// groups.
[[nodiscard]] std::shared_ptr<CLI::FormatterBase> make_help_format();

/// Breaks the description of a flag into lines that fit the second column of an
/// 80-column terminal. CLI11 itself does not break lines.
[[nodiscard]] std::string wrap_help(const std::string& text);

} // namespace bridgekeeper::app
