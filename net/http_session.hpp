#pragma once

#include "net/connection_ledger.hpp"
#include "net/failure_quota.hpp"
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
  /// From a request's first byte (or the connection) to the end of its header.
  /// A body may take longer, as long as it comes at `pace.min_rate`, and is cut
  /// off when it falls short of that for this long.
  std::chrono::milliseconds request_timeout{15'000};
  /// Between two requests.
  std::chrono::milliseconds idle_timeout{75'000};
  /// An answer may take as long as its reader keeps to this.
  transfer_pace pace;
  /// A stream's reader may be this much behind.
  std::size_t stream_buffer_bytes = mebibyte;
  /// How many lines about malformed requests may be logged; null: any number.
  std::shared_ptr<failure_quota> log_lines;
  /// A stream's reader may take nothing of what waits for it for this long:
  /// those on laptops sleep.
  std::chrono::milliseconds stall_timeout{600'000};
  /// What waits for readers of streams in all; null: not counted.
  std::shared_ptr<output_ledger> output;
};

/// Makes the parts of an answer, one a call, and nothing after the last.
using part_source = std::function<std::optional<stream_text>()>;

/// A request, readable during the call that hands it on.
class http_request {
public:
  virtual ~http_request() = default;

  [[nodiscard]] virtual std::string_view method() const = 0;

  /// Path and query, as sent; without scheme and host, where proxies send them.
  /// `*` for OPTIONS of the server as a whole.
  [[nodiscard]] virtual std::string_view target() const = 0;

  [[nodiscard]] virtual std::string_view body() const = 0;

  /// The first header of this name (any case), or "".
  [[nodiscard]] virtual std::string_view
  header(std::string_view name) const = 0;

  /// How many headers have this name (any case).
  [[nodiscard]] virtual std::size_t
  header_count(std::string_view name) const = 0;

  /// All headers of this name (any case) as one list, with commas between them
  /// (RFC 9110, 5.3), or "".
  [[nodiscard]] virtual std::string
  header_list(std::string_view name) const = 0;

  [[nodiscard]] virtual bool is_websocket_upgrade() const = 0;

  /// The peer's address, without its port.
  [[nodiscard]] virtual const std::string& peer_ip() const = 0;
};

struct http_response {
  unsigned status = 200;
  std::string body;
  std::string_view content_type = "application/json";
  /// The names are literals, in lower case.
  std::vector<std::pair<std::string_view, std::string>> headers;
  /// False where HEAD asks for what GET would stream: nobody knows its length.
  bool has_length = true;
  /// The connection ends with it.
  bool is_last = false;
};

class http_owner {
public:
  virtual ~http_owner() = default;

  /// To be answered with one of `respond`, `begin_stream` and `upgrade`, now or
  /// later. The next request is read when the answer is out.
  virtual void on_request(const http_request& request) = 0;

  /// The header of a request with a body is there: whether the owner would look
  /// at the body. If not, and if it is not small, it is not read: `on_request`
  /// comes next and has none, and the connection ends with the answer. So
  /// nobody holds memory for those who may not send anything. Must not answer.
  /// The next call is `on_request` for this very request; otherwise the
  /// connection has ended.
  [[nodiscard]] virtual bool wants_body(const http_request&) {
    return true;
  }

  /// The session answers in the owner's place: what is to be added? `request`
  /// has what was read of it.
  virtual void decorate(const http_request&, http_response&) {}

  /// A stream's buffer has room again after `write_stream` refused.
  virtual void on_writable() = 0;

  /// The last call.
  virtual void on_end(const session_end& end) = 0;
};

/// One HTTP/1.1 connection, server side: keep-alive, one request after the
/// other even when they are pipelined, bounded in header, body and time: what
/// gets on may take long, what stalls is ended. Malformed and late requests are
/// answered here (400, 408, 413, 431) and never reach the owner. Headers are
/// those that came before the body: trailers, and the extensions of chunks, are
/// read and dropped; each may have as many bytes as the header. Who hangs up
/// before the answer is noticed: at once where the connection is broken, else
/// (it may have closed just its side) after `request_timeout`. A stream's
/// reader that takes nothing of what waits for it ends with `stalled`; one that
/// has to make room for others, with `output_budget`. Threading and calls as
/// for `websocket_session`.
class http_session {
public:
  virtual ~http_session() = default;

  virtual void start(std::unique_ptr<http_owner> owner) = 0;

  /// Keeps the body of the request at hand after `on_request`, for
  /// `repeat_request`; otherwise it is dropped while the answer is awaited. To
  /// be called within `on_request`.
  virtual void keep_request() = 0;

  /// Calls `on_request` once more with the request at hand, which has no answer
  /// yet: for an owner that could not answer at the first call and keeps
  /// nothing of it.
  virtual void repeat_request() = 0;

  /// Answers the request at hand.
  virtual void respond(http_response response) = 0;

  /// Answers it with a body that is made while it is sent: each part when the
  /// one before is written. `next` is called on the session's thread, needs no
  /// owner, and is let go of when the answer is out or never will be. What
  /// `response` has for a body is not sent.
  virtual void respond_in_parts(http_response response, part_source next) = 0;

  /// Answers it with a stream that lasts until either side leaves. `response`
  /// has no body.
  virtual void begin_stream(http_response response) = 0;

  /// Adds to the stream. False, and nothing written, if the reader is too far
  /// behind; `on_writable` tells when it has caught up.
  [[nodiscard]] virtual bool write_stream(stream_text text) = 0;

  /// So many bytes wait for the stream's reader in its owner's hands. They are
  /// its debt like those in the session's.
  virtual void note_backlog(std::size_t bytes) = 0;

  /// Turns the connection into a WebSocket that is yet to be started. This
  /// session is used up and calls its owner no more.
  [[nodiscard]] virtual std::shared_ptr<websocket_session>
  upgrade(const websocket_options& options) = 0;

  /// A token was found good: the connection need not make room for others.
  virtual void keep_place() = 0;

  /// `other`, which counts the same connection as something else, may have to
  /// make room: then the connection ends.
  virtual void share_place(connection_ledger::place& other) = 0;

  /// Ends the connection after what is being written, without a further call.
  virtual void abandon() = 0;
};

} // namespace bridgekeeper::net
