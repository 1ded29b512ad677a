#pragma once

#include "app/console/console.hpp"
#include "app/console/terms.hpp"

#include <string>
#include <vector>

namespace bridgekeeper::console {

/// What malloc has from the kernel, how much of it is in use, and what the
/// daemon's own limited memory holds. Changes nothing. malloc looks through its
/// free blocks for this, one arena at a time, whose threads may have to wait
/// for as long as that takes. Any thread.
[[nodiscard]] std::string heap_text(const std::vector<memory_row>& limited);

} // namespace bridgekeeper::console
