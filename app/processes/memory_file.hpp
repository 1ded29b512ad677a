#pragma once

#include "app/processes/owned_fd.hpp"

#include <string_view>

namespace bridgekeeper::app {

/// A file in memory with this text, open for reading from its beginning, that
/// goes with its last descriptor. Invalid, with `errno` set, on failure.
[[nodiscard]] owned_fd memory_file(std::string_view text);

} // namespace bridgekeeper::app
