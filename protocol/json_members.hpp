#pragma once

#include "domain/messages.hpp"

#include <string>

namespace bridgekeeper::protocol {

/// `object` with the members of `added` before its own. `added` is a JSON
/// object with at least one member. Numbers and everything else in `object` are
/// kept as they were written.
[[nodiscard]] json_object with_first_members(std::string added,
                                             const json_object& object);

} // namespace bridgekeeper::protocol
