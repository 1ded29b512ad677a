#pragma once

#include "net/http_session.hpp"
#include "protocol/result.hpp"

#include <string>
#include <string_view>

namespace bridgekeeper::net {

/// A whole answer as bytes. `version` is 10 or 11 (HTTP/1.0, HTTP/1.1); the
/// body is left out for HEAD, its length is not (RFC 9110, 9.3.2). Every answer
/// has a `Date`, is not to be stored, and is no page that could be framed.
[[nodiscard]] std::string response_text(const http_response& response,
                                        unsigned version, bool keep_alive,
                                        bool head_only);

/// The head of an answer without a known end.
[[nodiscard]] std::string stream_head_text(const http_response& response,
                                           bool chunked);

/// Adds `text` to a stream, as a chunk (RFC 9112, 7.1) if it is chunked.
void append_chunk(std::string& out, std::string_view text, bool chunked);

/// What a 426 has to name: the protocol there is (RFC 9110, 7.8).
void offer_websocket(http_response& out);

/// `{"detail": …}` with the reason's status.
[[nodiscard]] http_response refusal(const protocol::failure& why);

/// The same as bytes; the connection closes.
[[nodiscard]] std::string refusal_text(protocol::errc why);

} // namespace bridgekeeper::net
