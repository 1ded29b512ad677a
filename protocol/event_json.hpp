#pragma once

#include "domain/event.hpp"
#include "domain/ids.hpp"
#include "domain/shared_text.hpp"
#include "domain/timestamp.hpp"

#include <string>
#include <string_view>

namespace bridgekeeper::protocol {

/// The event in the contract's JSON format (section 4).
[[nodiscard]] std::string encode(const event& x);

/// What every event has around its metadata, which is a JSON object. For
/// something that is told like an event but is none.
[[nodiscard]] std::string encode_event(std::string_view type, timestamp at,
                                       const session_id& session,
                                       std::string_view message,
                                       std::string_view metadata);

/// The event itself as JSON, shared with all earlier callers that still hold
/// it.
[[nodiscard]] shared_text_ptr text_of(const event& x);

} // namespace bridgekeeper::protocol
