#pragma once

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Replaces every word in `text` that begins like a Bridgekeeper token with
/// `bk_…`. For messages that quote user input: a token that was typed in the
/// wrong place must not end up in a log. Any thread.
[[nodiscard]] std::string mask_tokens(std::string_view text);

} // namespace bridgekeeper::app
