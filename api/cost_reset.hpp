#pragma once

#include "api/thread_context.hpp"

namespace bridgekeeper::api {

/// Resets session spending to 0 at the request of `who`, whose token must
/// already have been checked. Logged and audited.
void reset_costs(thread_context& context, const origin& who);

} // namespace bridgekeeper::api
