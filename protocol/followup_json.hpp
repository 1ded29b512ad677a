#pragma once

#include "domain/ids.hpp"
#include "domain/messages.hpp"

namespace bridgekeeper::protocol {

/// The context that the bridge gets with a follow-up to `earlier` (contract
/// section 3): `is_followup` and `followup_to`, then the client's own members.
/// Members of the client with these two names are dropped.
[[nodiscard]] json_object followup_context(const message_id& earlier,
                                           const json_object& own);

} // namespace bridgekeeper::protocol
