#pragma once

#include "domain/result.hpp"
#include "domain/shared_text.hpp"
#include "net/http_session.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace bridgekeeper::api {

// Event streams as server-sent events (contract section 4).

/// The header of the response.
[[nodiscard]] net::http_response event_stream_answer();

/// The beginning of a stream: how long its reader should wait before it
/// reconnects.
[[nodiscard]] std::string event_retry_text();

/// The event with this JSON; its `id` is its place in the stream.
[[nodiscard]] net::stream_text event_stream_text(std::string_view name,
                                                 std::string_view epoch,
                                                 std::uint64_t sequence,
                                                 shared_text_ptr event);

/// The same for what has no place in the stream: a reader that continues after
/// the last event gets it again.
[[nodiscard]] std::string placeless_event_text(std::string_view name,
                                               std::string_view event);

/// Tells the reader why the stream ends, and that it should not reconnect.
[[nodiscard]] std::string event_stream_end_text(const failure& why);

/// Tells the reader that events are missing at this point.
[[nodiscard]] std::string event_gap_text();

} // namespace bridgekeeper::api
