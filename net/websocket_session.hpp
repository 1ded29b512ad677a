#pragma once

#include "net/deadline_queue.hpp"
#include "net/output_ledger.hpp"
#include "protocol/close_reason.hpp"
#include "protocol/errc.hpp"
#include "protocol/limits.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace bridgekeeper::net {

struct websocket_options {
  std::size_t max_frame = protocol::default_max_inbound_frame;
  /// More than this waiting to be written closes the session with 1013.
  std::size_t queue_bytes = 8 * protocol::mebibyte;
  std::size_t queue_frames = 4096;
  /// A ping goes out after this much silence of the peer; 0: never.
  std::chrono::milliseconds ping_interval{20'000};
  /// What is queued and the close handshake together may take this long.
  std::chrono::milliseconds close_timeout{5'000};
  /// What waits for readers in all; null: this peer is not counted as one.
  std::shared_ptr<output_ledger> output;
};

/// How a session ended.
struct session_end {
  protocol::errc reason = protocol::errc::peer_closed;
  /// For people: the error, or the peer's close code and text.
  std::string detail;
};

/// Who a session works for. All calls come on the session's thread, never from
/// within a call to the session.
class websocket_owner {
public:
  virtual ~websocket_owner() = default;

  /// A whole message. `payload` is valid during the call.
  virtual void on_frame(std::string_view payload, bool binary) = 0;

  /// The last call; after it the session lets go of its owner.
  virtual void on_end(const session_end& end) = 0;
};

/// One WebSocket, server side. Reads, bounds, and hands complete messages to
/// its owner; writes from a bounded queue; answers pings. However it ends, the
/// socket is closed and `on_end` is called once, unless the owner left before.
///
/// Lives on one I/O thread; every member is called on that thread. Abstract so
/// that what is above it can be tested without sockets.
class websocket_session {
public:
  virtual ~websocket_session() = default;

  /// Answers the upgrade and begins to read. Called once.
  virtual void start(std::unique_ptr<websocket_owner> owner) = 0;

  /// Whether what is sent now may still reach the peer.
  [[nodiscard]] virtual bool is_open() const = 0;

  /// Queues a text message. After a close, or over the bound (which closes with
  /// 1013), it is dropped.
  virtual void send(std::string text) = 0;

  /// Writes what is queued, then a close frame, waits for the peer's and ends;
  /// all within `close_timeout`, then the socket is cut. Only the first counts.
  virtual void close(const protocol::close_reason& reason,
                     protocol::errc why) = 0;

  /// Closes like `close` and lets go of the owner at once: no call to it will
  /// follow. For an owner that ends.
  virtual void abandon(const protocol::close_reason& reason,
                       protocol::errc why) = 0;

  /// A token was found good: the connection need not make room for others.
  virtual void keep_place() = 0;

  /// Stops reading, so that the peer's writes stop too; and begins again.
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;

  /// Pings the peer now, unless a ping is on its way already.
  virtual void ping() = 0;

  /// Frames up to this size are accepted from the next one on.
  virtual void accept_frames_up_to(std::size_t bytes) = 0;

  /// When the peer last sent anything at all: a byte of a frame, a pong.
  [[nodiscard]] virtual time_point last_inbound() const = 0;

  /// Bytes waiting to be written, and frames.
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  [[nodiscard]] virtual std::size_t queued_frames() const = 0;
};

} // namespace bridgekeeper::net
