#pragma once

#include "domain/messages.hpp"
#include "domain/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::protocol {

/// The `kind` of the failure if `type` is a string but not the name of a
/// message.
inline constexpr std::string_view unknown_type_kind = "unknown_type";

/// Parses one frame of the bridge protocol (contract section 1). Never throws.
/// The failure says which field is invalid and what was expected; its code is
/// `invalid_json` or `invalid_message`. Unknown fields are ignored. Any thread.
[[nodiscard]] result<bridge_message> decode(std::string_view frame);

/// Reads a response that `decode` has rejected, without what protocol 1.1 adds
/// to it: if only that is nested too deeply, the answer is not lost. Returns
/// nothing if the rest is not a valid response either. Stack use does not
/// depend on nesting. Never throws. Any thread.
[[nodiscard]] std::optional<response>
decode_core_response(std::string_view frame);

/// Serializes one frame with exactly the contract's fields. What protocol 1.1
/// adds is written only if the message has its terms or details. Any thread.
[[nodiscard]] std::string encode(const registration& x);
[[nodiscard]] std::string encode(const registered& x);
[[nodiscard]] std::string encode(const dispatch& x);
[[nodiscard]] std::string encode(const progress& x);
[[nodiscard]] std::string encode(const response& x);
[[nodiscard]] std::string encode(const heartbeat& x);
[[nodiscard]] std::string encode(const resume_list& x);
[[nodiscard]] std::string encode(const accept_notice& x);
[[nodiscard]] std::string encode(const cancel_request& x);
[[nodiscard]] std::string encode(const response_ack& x);
[[nodiscard]] std::string encode(const goaway_notice& x);
[[nodiscard]] std::string encode(const drain_notice& x);
[[nodiscard]] std::string encode(const bridge_message& x);

/// The string member `name` of `object`, or empty if there is none. Used to
/// find `metadata.session_id`.
[[nodiscard]] std::string string_member(const json_object& object,
                                        std::string_view name);

} // namespace bridgekeeper::protocol
