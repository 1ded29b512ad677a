#pragma once

#include "api/thread_context.hpp"

namespace bridgekeeper::api {

/// Has session spending start again at 0 because `who` wants it so; logged and
/// audited. The token was checked before.
void reset_costs(thread_context& context, const origin& who);

} // namespace bridgekeeper::api
