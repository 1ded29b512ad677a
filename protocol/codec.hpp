#pragma once

#include "domain/messages.hpp"
#include "domain/result.hpp"

#include <string>
#include <string_view>

namespace bridgekeeper::protocol {

/// The `kind` of the failure where `type` is text, but no message's name.
inline constexpr std::string_view unknown_type_kind = "unknown_type";

/// Reads one frame of the bridge protocol (contract section 1). Never throws.
/// The failure says which field is wrong and what was expected there; its code
/// is `invalid_json` or `invalid_message`. Fields the contract does not know
/// are ignored. Any thread.
[[nodiscard]] result<bridge_message> decode(std::string_view frame);

/// Writes one frame, exactly the contract's fields. Any thread.
[[nodiscard]] std::string encode(const registration& x);
[[nodiscard]] std::string encode(const registered& x);
[[nodiscard]] std::string encode(const dispatch& x);
[[nodiscard]] std::string encode(const progress& x);
[[nodiscard]] std::string encode(const response& x);
[[nodiscard]] std::string encode(const heartbeat& x);
[[nodiscard]] std::string encode(const bridge_message& x);

/// The string member `name` of `object`, if there is one and it is not empty:
/// how `metadata.session_id` is found.
[[nodiscard]] std::string string_member(const json_object& object,
                                        std::string_view name);

} // namespace bridgekeeper::protocol
