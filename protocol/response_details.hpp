#pragma once

#include "domain/messages.hpp"
#include "protocol/json_fields.hpp"
#include "protocol/json_writer.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace bridgekeeper::protocol {

// What protocol 1.1 adds to a response (docs/protocol.md, section 1). Everyone
// names the members in the same way: bridges, the store, records, events and
// control clients. Any thread.

/// Reads them among `fields`, which must want `agent_session_id`, `failure`,
/// `retry_at`, `error_detail` and `metadata`. An answer must not be lost
/// because of what explains it, so a member that has the wrong type or is too
/// large is ignored, and only the end of a long `error_detail` is kept. Null if
/// nothing is left. `has_failed`: the response has an error; otherwise it has
/// neither `failure` nor `retry_at`.
[[nodiscard]] std::shared_ptr<const response_details>
take_details(json_fields& fields, bool has_failed);

/// Writes those that are present; `x` may be null.
void add_details(json_writer& out,
                 const std::shared_ptr<const response_details>& x);

/// The same as further members of an object: each begins with a comma. Empty if
/// there are none.
[[nodiscard]] std::string
more_members(const std::shared_ptr<const response_details>& x);

/// The members as an object, for the store; empty if there are none.
[[nodiscard]] std::string
encode_details(const std::shared_ptr<const response_details>& x);

/// Decodes what `encode_details` wrote, including the empty text.
[[nodiscard]] std::shared_ptr<const response_details>
decode_details(std::string_view text);

} // namespace bridgekeeper::protocol
