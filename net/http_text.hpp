#pragma once

#include "domain/result.hpp"
#include "net/http_session.hpp"

#include <string>
#include <string_view>

namespace bridgekeeper::net {

/// A whole answer as bytes. `version` is 10 or 11 (HTTP/1.0, HTTP/1.1); the
/// body is left out for HEAD, its length is not (RFC 9110, 9.3.2). Every answer
/// has a `Date`, is not to be stored, and is no page that could be framed.
[[nodiscard]] std::string response_text(const http_response& response,
                                        unsigned version, bool keep_alive,
                                        bool head_only);

/// The head of an answer without a known length. `is_last`: the connection ends
/// with it; without chunks it always does.
[[nodiscard]] std::string stream_head_text(const http_response& response,
                                           bool chunked, bool is_last = false);

/// Begins a chunk (RFC 9112, 7.1) of this length; it ends with a line break.
void append_chunk_head(std::string& out, std::size_t length);

/// Ends an answer in chunks.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// What a 426 has to name: the protocol there is (RFC 9110, 7.8).
void offer_websocket(http_response& out);

/// `{"detail": …}` with the reason's status.
[[nodiscard]] http_response refusal(const failure& why);

/// The same as bytes; the connection closes.
[[nodiscard]] std::string refusal_text(errc why);

} // namespace bridgekeeper::net
