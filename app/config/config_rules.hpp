#pragma once

#include "app/config/config.hpp"

#include <string>
#include <vector>

namespace bridgekeeper::app {

/// Checks values that are valid one by one, but not together. `errors` gets the
/// combinations that cannot work, `warnings` those that are allowed but
/// probably not meant. Reads the file of scoped tokens and checks that the file
/// of plain ones is readable; changes nothing.
void check_together(const config& x, std::vector<std::string>& errors,
                    std::vector<std::string>& warnings);

} // namespace bridgekeeper::app
