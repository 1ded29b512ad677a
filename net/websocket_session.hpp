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
  /// The session is full while more than this is waiting to be written.
  std::size_t queue_bytes = 8 * mebibyte;
  std::size_t queue_frames = 4096;
  /// A ping is sent when the peer has been silent for this long; 0: never.
  std::chrono::milliseconds ping_interval{20'000};
  /// How long the peer may read none of its pending output (1013), leave a ping
  /// unanswered (4003), or continue an unfinished message at less than
  /// `min_rate` (1008).
  transfer_pace pace;
  /// The peer may stop reading for any length of time without answering pings,
  /// as a stock bridge does while it works. The owner then judges its liveness.
  bool peer_may_pause = false;
  /// Time limit for the queued output and the closing handshake together. It is
  /// extended while the peer keeps reading the queued output.
  std::chrono::milliseconds close_timeout{5'000};
  /// Unfinished messages larger than `unbudgeted_bytes` take memory from this
  /// budget, and reading pauses while it is exhausted. Null: no budget.
  std::shared_ptr<byte_budget> budget;
  std::size_t unbudgeted_bytes = 16 * kibibyte;
  /// Counts pending output of readers; null: this peer's output is not counted.
  std::shared_ptr<output_ledger> output;
};

struct session_end {
  errc reason = errc::peer_closed;
  /// For people: the error, or the peer's close code and text.
  std::string detail;
  /// The code of the peer's close frame; 0 if there was none.
  unsigned close_code = 0;
};

/// The user of a session. All calls are made on the session's thread, never
/// within a call to the session.
class websocket_owner {
public:
  virtual ~websocket_owner() = default;

  /// A complete message. `payload` is valid only during the call.
  virtual void on_frame(std::string_view payload, bool binary) = 0;

  /// The session was full and no longer is.
  virtual void on_room() {}

  /// The last call; the session then releases its owner.
  virtual void on_end(const session_end& end) = 0;
};

/// One WebSocket connection on the server side. Reads messages, enforces
/// bounds, and passes complete messages to its owner; writes from a queue that
/// its owner bounds (`is_full`); answers pings. However the session ends, it
/// closes the socket and calls `on_end` once, unless the owner has abandoned
/// it.
///
/// Lives on one I/O thread; all members must be called on that thread.
/// Abstract, so that its users can be tested without sockets.
class websocket_session {
public:
  virtual ~websocket_session() = default;

  /// Accepts the upgrade and starts reading. Must be called once.
  virtual void start(std::unique_ptr<websocket_owner> owner) = 0;

  /// Whether messages sent now can still reach the peer.
  [[nodiscard]] virtual bool is_open() const = 0;

  /// Queues a text message, whatever its size and that of the queue. Text
  /// shared with other peers is held until it is written, and not copied if it
  /// is large. Dropped if the session is closing.
  virtual void send(stream_text text) = 0;

  /// Whether more than `queue_bytes` or `queue_frames` is waiting to be
  /// written. An owner that can hold back its messages should do so until
  /// `on_room`. A full queue is not a reason to close, because a burst fills
  /// the queue of even the fastest reader.
  [[nodiscard]] virtual bool is_full() const = 0;

  /// Writes the queued messages and a close frame, waits for the peer's close
  /// frame, and ends. The socket is cut after `close_timeout`, or when the peer
  /// reads the queued output more slowly than `pace` requires. Only the first
  /// call has an effect.
  virtual void close(const protocol::close_reason& reason, errc why) = 0;

  /// Closes like `close`, but releases the owner at once and makes no further
  /// calls. For owners that are ending.
  virtual void abandon(const protocol::close_reason& reason, errc why) = 0;

  /// A valid token was presented: the connection is no longer cut to make room.
  virtual void keep_place() = 0;

  /// Stops or resumes reading. While paused, the peer's writes are held up as
  /// well.
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;

  /// Sends a ping now, unless one is already being sent.
  virtual void ping() = 0;

  /// The owner keeps the current message for longer than its call: its bytes
  /// stay counted against the budget until `release_frame` or until the session
  /// ends. May only be called within `on_frame`; reading must be paused until
  /// the release (`pause_reading`).
  virtual void hold_frame() = 0;
  virtual void release_frame() = 0;

  /// Accepts messages up to this size from the next one on, and stops counting
  /// them against the budget.
  virtual void accept_frames_up_to(std::size_t bytes) = 0;

  /// When the peer last sent anything: a byte of a frame, or a pong.
  [[nodiscard]] virtual time_point last_inbound() const = 0;

  /// Bytes and frames waiting to be written.
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  [[nodiscard]] virtual std::size_t queued_frames() const = 0;
};

} // namespace bridgekeeper::net
