#pragma once

#include "domain/messages.hpp"

#include <optional>
#include <string_view>

namespace bridgekeeper::protocol {

/// What can still be read of a response that is not a valid message.
struct response_remains {
  message_id message;
  /// Who claims to send it; nothing where that is not text.
  std::optional<agent_id> agent;
  /// `{}` where it cannot be read.
  json_object usage;
};

/// Reads what `decode` has refused: a response that nests too deep, has members
/// of the wrong type, or is not JSON from some place on. Nothing unless `type`
/// says that it is a response and `message_id` is text of valid length.
/// Takes no stack for nesting. Never throws. Any thread.
[[nodiscard]] std::optional<response_remains>
find_response_remains(std::string_view frame);

} // namespace bridgekeeper::protocol
