#pragma once

#include <memory>
#include <string>

namespace CLI {
class FormatterBase;
}

namespace bridgekeeper::app {

/// How help texts are laid out, by every subcommand: two columns, one blank
/// line between groups.
[[nodiscard]] std::shared_ptr<CLI::FormatterBase> make_help_format();

/// Breaks the description of a flag so that it fits the second column of an 80
/// column terminal. CLI11 itself breaks no lines.
[[nodiscard]] std::string wrap_help(const std::string& text);

} // namespace bridgekeeper::app
