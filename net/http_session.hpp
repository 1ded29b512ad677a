#pragma once

#include "domain/failure_quota.hpp"
#include "domain/result.hpp"
#include "net/connection_ledger.hpp"
#include "net/output_ledger.hpp"
#include "net/stream_text.hpp"
#include "net/websocket_session.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bridgekeeper::net {

struct http_options {
  std::size_t max_header_bytes = 16 * kibibyte;
  std::size_t max_body_bytes = mebibyte;
  /// Time limit from the first byte of a request (or from the connection) to
  /// the end of its header. A body may take longer as long as it arrives at
  /// `pace.min_rate`; it is aborted when it has been slower than that for this
  /// long.
  std::chrono::milliseconds request_timeout{15'000};
  /// Time limit between two requests.
  std::chrono::milliseconds idle_timeout{75'000};
  /// A response may take any time as long as its reader keeps this pace.
  transfer_pace pace;
  /// Maximum number of bytes waiting for the reader of a stream.
  std::size_t stream_buffer_bytes = mebibyte;
  /// Limits the log lines about malformed requests; null: no limit.
  std::shared_ptr<failure_quota> log_lines;
  /// A stream's reader may read none of its pending output for this long;
  /// laptops with readers on them go to sleep.
  std::chrono::milliseconds stall_timeout{600'000};
  /// Counts the pending output of all stream readers; null: not counted.
  std::shared_ptr<output_ledger> output;
};

/// Generates the parts of a response, one per call, and nothing after the last.
using part_source = std::function<std::optional<stream_text>()>;

/// A request; readable only during the call that passes it.
class http_request {
public:
  virtual ~http_request() = default;

  [[nodiscard]] virtual std::string_view method() const = 0;

  /// Path and query as sent, without the scheme and host that proxies send. `*`
  /// for OPTIONS of the server as a whole.
  [[nodiscard]] virtual std::string_view target() const = 0;

  [[nodiscard]] virtual std::string_view body() const = 0;

  /// The first header with this name (in any case), or "".
  [[nodiscard]] virtual std::string_view
  header(std::string_view name) const = 0;

  /// The number of headers with this name (in any case).
  [[nodiscard]] virtual std::size_t
  header_count(std::string_view name) const = 0;

  /// All headers with this name (in any case) as one list, separated by commas
  /// (RFC 9110, 5.3), or "".
  [[nodiscard]] virtual std::string
  header_list(std::string_view name) const = 0;

  [[nodiscard]] virtual bool is_websocket_upgrade() const = 0;

  /// The peer's address without its port.
  [[nodiscard]] virtual const std::string& peer_ip() const = 0;
};

struct http_response {
  unsigned status = 200;
  std::string body;
  std::string_view content_type = "application/json";
  /// The names must be string literals in lower case.
  std::vector<std::pair<std::string_view, std::string>> headers;
  /// False for HEAD if GET would stream a response of unknown length.
  bool has_length = true;
  /// Ends the connection after the response.
  bool is_last = false;
  /// Why the request is refused, if it is. Not sent.
  std::optional<cause> why = {};
};

class http_owner {
public:
  virtual ~http_owner() = default;

  /// Must be followed by one of `respond`, `begin_stream` and `upgrade`, now or
  /// later. The next request is read when the response has been sent.
  virtual void on_request(const http_request& request) = 0;

  /// Called when the header of a request with a body has arrived; returns
  /// whether the owner would use the body. If not, a body that is not small is
  /// not read: `on_request` is called next, without a body, and the connection
  /// ends with the response. This way, unauthorized requests occupy no memory.
  /// Must not respond. The next call is `on_request` for the same request,
  /// unless the connection ends first.
  [[nodiscard]] virtual bool wants_body(const http_request&) {
    return true;
  }

  /// Adds headers to a response that the session sends on the owner's behalf.
  /// `request` contains as much as has been read.
  virtual void decorate(const http_request&, http_response&) {}

  /// The stream has room again after `write_stream` returned false.
  virtual void on_writable() = 0;

  /// The last call.
  virtual void on_end(const session_end& end) = 0;
};

/// One HTTP/1.1 connection on the server side. Supports keep-alive; handles
/// pipelined requests one at a time. Bounds headers, bodies and time: transfers
/// that make progress may take long, stalled ones are ended. Responds to
/// malformed and late requests itself (400, 408, 413, 431), without passing
/// them to the owner. Only headers before the body are used: trailers and chunk
/// extensions are read and discarded, and each may have as many bytes as the
/// header. A client that disconnects before its response is detected:
/// immediately if the connection is broken, otherwise (it may have closed only
/// its side) after `request_timeout`. A stream ends with `stalled` if its
/// reader reads nothing for too long, and with `output_budget` if it is closed
/// to make room for others. Threading and calls as for `websocket_session`.
class http_session {
public:
  virtual ~http_session() = default;

  virtual void start(std::unique_ptr<http_owner> owner) = 0;

  /// Keeps the body of the current request after `on_request`, for
  /// `repeat_request`. Otherwise the body is dropped while the response is
  /// pending. May only be called within `on_request`.
  virtual void keep_request() = 0;

  /// Calls `on_request` again for the current request, which has no response
  /// yet. For owners that could not respond on the first call and keep nothing
  /// of the request.
  virtual void repeat_request() = 0;

  /// Responds to the current request.
  virtual void respond(http_response response) = 0;

  /// Responds with a body that is generated while it is sent: each part is
  /// requested when the previous one has been written. `next` is called on the
  /// session's thread, does not depend on the owner, and is destroyed when the
  /// response has been sent or cannot be. The body of `response` is ignored.
  virtual void respond_in_parts(http_response response, part_source next) = 0;

  /// Responds with a stream that lasts until either side ends it. `response`
  /// must have no body. With `is_last`, its header says that the connection
  /// ends with it.
  virtual void begin_stream(http_response response) = 0;

  /// Appends to the stream. Returns false and writes nothing if the reader is
  /// too far behind; `on_writable` is called when it has caught up.
  [[nodiscard]] virtual bool write_stream(stream_text text) = 0;

  /// Completes the stream: what was written is sent, as slowly as the reader
  /// reads, then the connection ends. The owner stays until then.
  virtual void end_stream() = 0;

  /// The number of bytes that the owner itself holds for the stream's reader.
  /// They count as the reader's pending output, like those in the session.
  virtual void note_backlog(std::size_t bytes) = 0;

  /// Turns the connection into a WebSocket, which must then be started. This
  /// session must not be used any more and makes no further calls.
  [[nodiscard]] virtual std::shared_ptr<websocket_session>
  upgrade(const websocket_options& options) = 0;

  /// A valid token was presented: the connection is no longer cut to make room.
  virtual void keep_place() = 0;

  /// Lets `other`, which counts the same connection against another limit, be
  /// cut to make room; this connection then ends.
  virtual void share_place(connection_ledger::place& other) = 0;

  /// Ends the connection after the current write, without a further call.
  virtual void abandon() = 0;
};

} // namespace bridgekeeper::net
