#pragma once

#include "domain/messages.hpp"
#include "domain/result.hpp"
#include "protocol/field_reader.hpp"

#include <optional>
#include <string_view>

namespace bridgekeeper::protocol {

/// Reads a message that only protocol 1.1 has (contract section 1). `type` is
/// its type, and `fields` are the members of `frame` that most messages have.
/// Returns nothing if the type is none of these. Used by `codec.cpp` only,
/// whose `encode` has overloads for these messages. Any thread.
[[nodiscard]] std::optional<result<bridge_message>>
decode_link_message(std::string_view type, json_fields& fields,
                    std::string_view frame);

} // namespace bridgekeeper::protocol
