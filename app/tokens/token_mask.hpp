#pragma once

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// `text` with `bk_…` in place of every word that begins like a token of ours.
/// For messages about what people typed: a token in the wrong place must not
/// get into a log as well. Any thread.
[[nodiscard]] std::string mask_tokens(std::string_view text);

} // namespace bridgekeeper::app
