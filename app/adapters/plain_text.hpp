#pragma once

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// What a person would see of `text` on a terminal, as UTF-8: without escape
/// sequences (colours, cursor movements, titles, links) and control characters,
/// except line feeds and tabs. Of a line that was painted over with carriage
/// returns, as progress bars are, only the last state is left.
[[nodiscard]] std::string plain_text(std::string_view text);

} // namespace bridgekeeper::app
