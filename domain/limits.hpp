#pragma once

#include <cstddef>

namespace bridgekeeper {

/// Bounds that hold for every message, whoever sends it. The configurable ones
/// are named `default_`; contract sections 1 and 2 are their source.

inline constexpr std::size_t kibibyte = 1024;
inline constexpr std::size_t mebibyte = 1024 * kibibyte;

/// Longest inbound frame. A longer one closes the connection with 1009.
inline constexpr std::size_t default_max_inbound_frame = 16 * mebibyte;

/// Longest first frame: a stranger may not make us hold more than it takes to
/// register. Longer ones close the connection with 1009, too.
inline constexpr std::size_t max_registration_frame = 512 * kibibyte;

/// Frames *to* a bridge stay strictly under this: it is the default limit of
/// the stock bridge's WebSocket library.
inline constexpr std::size_t max_frame_to_bridge = 1 * mebibyte;

/// Objects and arrays may nest this deep in any JSON text we accept.
inline constexpr std::size_t max_json_depth = 64;

/// What we write about such a text, an event for example, wraps it in objects
/// and lists of ours. So our own clients read JSON that nests this deep.
inline constexpr std::size_t max_wrapped_json_depth = max_json_depth + 4;

inline constexpr std::size_t max_agent_id_length = 64;

/// Longest `message_id`, `session_id`, `status`, `timestamp` or capability.
inline constexpr std::size_t max_label_length = 256;

/// Longest `auth_token`.
inline constexpr std::size_t max_token_length = 4 * kibibyte;

/// Longest `workdir`: what Linux allows for a path.
inline constexpr std::size_t max_workdir_length = 4 * kibibyte;

/// Longest `endpoint_url`.
inline constexpr std::size_t max_url_length = 2 * kibibyte;

/// Most `capabilities` a bridge may announce.
inline constexpr std::size_t max_capabilities = 256;

/// Longest `metadata`, `context` or `usage`, as JSON text.
inline constexpr std::size_t max_object_length = 256 * kibibyte;

/// Longest task text of a dispatch, in code points.
inline constexpr std::size_t default_max_content = 10'000;

/// A close frame's reason has at most this many bytes (RFC 6455, 5.5).
inline constexpr std::size_t max_close_reason = 123;

} // namespace bridgekeeper
