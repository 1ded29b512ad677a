#pragma once

#include <cstddef>

namespace bridgekeeper {

/// Bounds that apply to every message. The names of configurable ones begin
/// with `default_`; their source is contract sections 1 and 2.

inline constexpr std::size_t kibibyte = 1024;
inline constexpr std::size_t mebibyte = 1024 * kibibyte;

/// Longest inbound frame. Longer frames close the connection with 1009.
inline constexpr std::size_t default_max_inbound_frame = 16 * mebibyte;

/// Longest first frame: an unauthenticated peer must not occupy more memory
/// than a registration needs. Longer frames close the connection with 1009.
inline constexpr std::size_t max_registration_frame = 512 * kibibyte;

/// Frames *to* a bridge must be shorter than this, the default limit of the
/// stock bridge's WebSocket library.
inline constexpr std::size_t max_frame_to_bridge = 1 * mebibyte;

/// Maximum nesting depth of objects and arrays in any JSON that the daemon
/// accepts.
inline constexpr std::size_t max_json_depth = 64;

/// The daemon wraps accepted JSON in objects and arrays of its own, for example
/// in events. Its own clients therefore accept JSON nested this deeply.
inline constexpr std::size_t max_wrapped_json_depth = max_json_depth + 4;

inline constexpr std::size_t max_agent_id_length = 64;

/// Longest `message_id`, `session_id`, `status`, `timestamp` or capability.
inline constexpr std::size_t max_label_length = 256;

/// Longest `auth_token`.
inline constexpr std::size_t max_token_length = 4 * kibibyte;

/// Longest `workdir`, which is the longest path on Linux.
inline constexpr std::size_t max_workdir_length = 4 * kibibyte;

/// Longest `endpoint_url`.
inline constexpr std::size_t max_url_length = 2 * kibibyte;

/// Maximum number of `capabilities` that a bridge may announce.
inline constexpr std::size_t max_capabilities = 256;

/// Longest `instance_id`.
inline constexpr std::size_t max_instance_id_length = 64;

/// How many dispatches a bridge may offer to take at a time (`slots`).
inline constexpr std::size_t max_slots = 1000;

/// Maximum number of `labels` that a bridge may announce, and their longest
/// keys and values.
inline constexpr std::size_t max_agent_labels = 32;
inline constexpr std::size_t max_label_key_length = 63;
inline constexpr std::size_t max_label_value_length = 128;

/// Maximum number of dispatches that one frame may list for resumption.
inline constexpr std::size_t max_resume_entries = 256;

/// Longest `metadata`, `context` or `usage`, as JSON text.
inline constexpr std::size_t max_object_length = 256 * kibibyte;

/// Longest `error_detail`.
inline constexpr std::size_t max_error_detail_length = 4 * kibibyte;

/// Longest content of a dispatch, in code points.
inline constexpr std::size_t default_max_content = 10'000;

/// Longest reason in a close frame, in bytes (RFC 6455, 5.5).
inline constexpr std::size_t max_close_reason = 123;

} // namespace bridgekeeper
