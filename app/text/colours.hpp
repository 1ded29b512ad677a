#pragma once

namespace bridgekeeper::app {

/// Whether what is written to `descriptor` may be coloured: it is a terminal
/// that knows colours (`TERM`), and the user has not set `NO_COLOR`
/// (no-color.org).
[[nodiscard]] bool shows_colours(int descriptor);

} // namespace bridgekeeper::app
