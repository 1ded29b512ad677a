#pragma once

#include "app/config/config.hpp"

#include <string>
#include <vector>

namespace bridgekeeper::app {

/// Looks for values that are fine one by one and not together. `errors` gets
/// what cannot work, `warnings` what is allowed and probably not meant. Reads
/// the file of scoped tokens and tries to open that of plain ones; changes
/// nothing.
void check_together(const config& x, std::vector<std::string>& errors,
                    std::vector<std::string>& warnings);

} // namespace bridgekeeper::app
