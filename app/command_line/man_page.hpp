#pragma once

#include "app/command_line/command_tree.hpp"

#include <string>

namespace bridgekeeper::app {

/// The manual page of a command in section 1, in man(7)'s macros, made from the
/// command's own help.
[[nodiscard]] std::string man_page(const named_command& x);

/// The name of its file: `bridgekeeper-token-new.1`.
[[nodiscard]] std::string man_page_file(const named_command& x);

} // namespace bridgekeeper::app
