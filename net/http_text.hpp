#pragma once

#include "domain/result.hpp"
#include "net/http_session.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::net {

/// A complete response as bytes. `version` is 10 or 11 (HTTP/1.0, HTTP/1.1).
/// For HEAD the body is omitted, but not its length (RFC 9110, 9.3.2). Every
/// response has a `Date`, must not be stored, and must not be framed.
[[nodiscard]] std::string response_text(const http_response& response,
                                        unsigned version, bool keep_alive,
                                        bool head_only);

/// The header of a response of unknown length. `is_last`: the connection ends
/// with the response, as it always does if it is not chunked.
[[nodiscard]] std::string stream_head_text(const http_response& response,
                                           bool chunked, bool is_last = false);

/// Begins a chunk (RFC 9112, 7.1) of this length; the chunk must end with a
/// line break.
void append_chunk_head(std::string& out, std::size_t length);

/// Ends a chunked response.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// Adds the header that a 426 must have, which names the supported protocol
/// (RFC 9110, 7.8).
void offer_websocket(http_response& out);

/// A response with the reason's status, the body that every HTTP error has
/// (`protocol::error_json`), and the headers that the status requires. Without
/// `retry_after`, a refusal that is usually over at once asks for a second.
[[nodiscard]] http_response
refusal(const failure& why,
        std::optional<std::chrono::seconds> retry_after = {});

/// Adds `Retry-After`.
void ask_for_retry(http_response& out, std::chrono::seconds delay);

/// The same as bytes, for a connection that is then closed.
[[nodiscard]] std::string refusal_text(errc why);

} // namespace bridgekeeper::net
