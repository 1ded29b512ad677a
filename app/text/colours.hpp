#pragma once

namespace bridgekeeper::app {

/// Whether output to `descriptor` may be coloured: the descriptor is a terminal
/// that supports colours (`TERM`), and the user has not set `NO_COLOR`
/// (no-color.org).
[[nodiscard]] bool shows_colours(int descriptor);

} // namespace bridgekeeper::app
