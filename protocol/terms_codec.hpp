#pragma once

#include "domain/messages.hpp"
#include "protocol/field_reader.hpp"
#include "protocol/json_fields.hpp"
#include "protocol/json_writer.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::protocol {

// What protocol 1.1 adds to the frames of 1.0 (contract section 1). Used by
// `codec.cpp` only. Any thread.

/// The wanted members of `register`, `registered` and `dispatch`. All frames
/// of one type are read with the members of both versions.
inline constexpr std::array<std::string_view, 13> registration_fields{
    "type",        "agent_id", "auth_token", "capabilities",
    "workdir",     "metadata", "protocol",   "instance_id",
    "slots",       "labels",   "resume",     "heartbeat_interval_s",
    "resume_more",
};

inline constexpr std::array<std::string_view, 10> registered_fields{
    "type",
    "session_id",
    "agent_id",
    "message",
    "protocol",
    "incarnation",
    "heartbeat_interval_s",
    "heartbeat_timeout_s",
    "adopted",
    "cancelled",
};

inline constexpr std::array<std::string_view, 11> dispatch_fields{
    "type",       "message_id",  "agent_id",         "content",
    "context",    "session_id",  "dispatch_id",      "attempt",
    "deadline_s", "followup_to", "agent_session_id",
};

/// Reads the members of a `register` frame. Returns nothing, and does not look
/// at the other members, if the link is 1.0.
[[nodiscard]] std::optional<registration_terms>
take_registration_terms(const json_fields& fields, field_reader& in);

/// Reads the members of a `registered` frame. Returns nothing if the daemon
/// speaks 1.0.
[[nodiscard]] std::optional<registered_terms>
take_registered_terms(const json_fields& fields, field_reader& in);

/// Reads the members of a `dispatch` frame. Returns nothing if there is no
/// `dispatch_id`. A dispatch must not be lost because of an optional member, so
/// members of the wrong type count as absent.
[[nodiscard]] std::optional<dispatch_terms>
take_dispatch_terms(const json_fields& fields);

void add_terms(json_writer& out, const registration_terms& x);
void add_terms(json_writer& out, const registered_terms& x);
void add_terms(json_writer& out, const dispatch_terms& x);

/// Reads the list `resume`; empty if absent.
[[nodiscard]] std::vector<resume_entry> take_resume(field_reader& in);

/// Writes such a list.
[[nodiscard]] std::string encode_resume(const std::vector<resume_entry>& list);

} // namespace bridgekeeper::protocol
