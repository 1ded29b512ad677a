#pragma once

#include "domain/messages.hpp"

#include <optional>
#include <string_view>

namespace bridgekeeper::protocol {

/// The readable parts of a response that is not a valid message.
struct response_remains {
  message_id message;
  /// The agent named as the sender; unset if that is not a string.
  std::optional<agent_id> agent;
  /// `{}` if it cannot be read.
  json_object usage;
};

/// Reads a frame that `decode` has rejected: a response that is nested too
/// deeply, has members of the wrong type, or stops being JSON at some point.
/// Returns nothing unless `type` says that it is a response and `message_id` is
/// a string of valid length. Stack use does not depend on nesting. Never
/// throws. Any thread.
[[nodiscard]] std::optional<response_remains>
find_response_remains(std::string_view frame);

} // namespace bridgekeeper::protocol
