#pragma once

#include "protocol/control_codec.hpp"
#include "protocol/json_fields.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::protocol {

// Fields that control clients' requests over HTTP and on /ws/control have in
// common. Pure functions.

/// Takes a required string. It may be empty here, because an empty one is not a
/// matter of form (422).
[[nodiscard]] result<std::string>
take_text(json_fields& fields, std::string_view name,
          std::size_t limit = static_cast<std::size_t>(-1));

/// Takes what a follow-up consists of, except for its key.
[[nodiscard]] result<dispatch_body> take_followup(json_fields& fields);

/// Takes what a dispatch consists of, except for its target and its key: that
/// of a follow-up, and a context.
[[nodiscard]] result<dispatch_body> take_body(json_fields& fields);

/// Takes an agent id that is valid in HTTP paths as well.
[[nodiscard]] result<agent_id> take_agent(json_fields& fields);

/// Whom a dispatch is for: an agent, or one with certain capabilities.
struct dispatch_target {
  agent_id agent;
  std::vector<std::string> require;
};

[[nodiscard]] result<dispatch_target> take_target(json_fields& fields);

} // namespace bridgekeeper::protocol
