#pragma once

#include <string>
#include <sys/types.h>

namespace bridgekeeper::store {

/// The name of a user of this machine, or the number if it has none.
[[nodiscard]] std::string name_of(uid_t user);

} // namespace bridgekeeper::store
