#pragma once

#include "app/console/console.hpp"
#include "app/console/terms.hpp"

#include <string>
#include <vector>

namespace bridgekeeper::console {

/// What malloc has from the kernel, and what the daemon's own limited memory
/// holds. Changes nothing. Any thread.
[[nodiscard]] std::string heap_text(const std::vector<memory_row>& limited);

} // namespace bridgekeeper::console
