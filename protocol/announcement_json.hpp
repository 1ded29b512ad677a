#pragma once

#include "domain/announcement.hpp"

#include <string>
#include <string_view>

namespace bridgekeeper::protocol {

/// Labels as a JSON object.
[[nodiscard]] std::string encode_labels(const agent_labels& x);

/// What a bridge announced, as a JSON object for the store.
[[nodiscard]] std::string encode_announcement(const announcement& x);

/// The opposite, for the agent `id`. Null if the text cannot be read, for
/// example because a later version has written it.
[[nodiscard]] announcement_ptr decode_announcement(const agent_id& id,
                                                   std::string_view text);

} // namespace bridgekeeper::protocol
