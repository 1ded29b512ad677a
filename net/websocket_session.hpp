#pragma once

#include "domain/errc.hpp"
#include "domain/limits.hpp"
#include "net/byte_budget.hpp"
#include "net/deadline_queue.hpp"
#include "net/output_ledger.hpp"
#include "net/stream_text.hpp"
#include "net/transfer_watch.hpp"
#include "protocol/close_reason.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace bridgekeeper::net {

struct websocket_options {
  std::size_t max_frame = default_max_inbound_frame;
  /// While more than this waits to be written, the session is full.
  std::size_t queue_bytes = 8 * mebibyte;
  std::size_t queue_frames = 4096;
  /// A ping goes out after this much silence of the peer; 0: never.
  std::chrono::milliseconds ping_interval{20'000};
  /// How long the peer may take nothing of what waits for it (1013), leave a
  /// ping unanswered (4003), or leave a message unfinished without sending more
  /// of it at `min_rate` (1008).
  transfer_pace pace;
  /// The peer may stop reading for as long as it likes and answer no pings: a
  /// stock bridge does while it works. Its owner judges whether it is alive.
  bool peer_may_pause = false;
  /// What is queued and the close handshake together may take this long, and
  /// longer while the peer takes what is queued.
  std::chrono::milliseconds close_timeout{5'000};
  /// Unfinished messages larger than `unbudgeted_bytes` take their memory from
  /// here, and are not read on while there is none. Null: no budget.
  std::shared_ptr<byte_budget> budget;
  std::size_t unbudgeted_bytes = 16 * kibibyte;
  /// What waits for readers in all; null: this peer is not counted as one.
  std::shared_ptr<output_ledger> output;
};

/// How a session ended.
struct session_end {
  errc reason = errc::peer_closed;
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

  /// The session was full and is not any more.
  virtual void on_room() {}

  /// The last call; after it the session lets go of its owner.
  virtual void on_end(const session_end& end) = 0;
};

/// One WebSocket, server side. Reads, bounds, and hands complete messages to
/// its owner; writes from a queue whose owner bounds it (`is_full`); answers
/// pings. However it ends, the socket is closed and `on_end` is called once,
/// unless the owner left before.
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

  /// Queues a text message, however large it is and however much waits before
  /// it. What it shares with other peers is held until it is written, and not
  /// copied if it is large. After a close it is dropped.
  virtual void send(stream_text text) = 0;

  /// Whether more waits to be written than `queue_bytes` or `queue_frames`. An
  /// owner that can hold back what it sends does so until `on_room`; what waits
  /// is no reason to close: a burst fills the queue of a peer that reads as
  /// fast as it can.
  [[nodiscard]] virtual bool is_full() const = 0;

  /// Writes what is queued, then a close frame, waits for the peer's and ends.
  /// The socket is cut after `close_timeout`, or when the peer takes less of
  /// what is queued than `pace` demands. Only the first call counts.
  virtual void close(const protocol::close_reason& reason, errc why) = 0;

  /// Closes like `close` and lets go of the owner at once: no call to it will
  /// follow. For an owner that ends.
  virtual void abandon(const protocol::close_reason& reason, errc why) = 0;

  /// A token was found good: the connection need not make room for others.
  virtual void keep_place() = 0;

  /// Stops reading, so that the peer's writes stop too; and begins again.
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;

  /// Pings the peer now, unless a ping is on its way already.
  virtual void ping() = 0;

  /// The owner keeps the message at hand for longer than its call: the bytes
  /// stay counted against the budget until `release_frame`, or until the
  /// session ends. Called from within `on_frame`; nothing may be read until it
  /// is released (`pause_reading`).
  virtual void hold_frame() = 0;
  virtual void release_frame() = 0;

  /// Messages up to this size are accepted from the next one on, and none of
  /// them counts against the budget any more.
  virtual void accept_frames_up_to(std::size_t bytes) = 0;

  /// When the peer last sent anything at all: a byte of a frame, a pong.
  [[nodiscard]] virtual time_point last_inbound() const = 0;

  /// Bytes waiting to be written, and frames.
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  [[nodiscard]] virtual std::size_t queued_frames() const = 0;
};

} // namespace bridgekeeper::net
