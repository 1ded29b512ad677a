#pragma once

// Private to this room: the WebSocket session. Its members are defined in
// websocket_session.cpp and websocket_session_*.cpp.

#include "net/beast_sessions.hpp"
#include "net/frame_queue.hpp"
#include "net/gathering_stream.hpp"
#include "net/owner_slot.hpp"
#include "net/session_steps.hpp"
#include "net/socket_options.hpp"
#include "net/websocket_session.hpp"
#include "net/write_turns.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace bridgekeeper::net {

class beast_websocket_session
  : public websocket_session,
    public write_turns::writer,
    public std::enable_shared_from_this<beast_websocket_session> {
public:
  using error_code = boost::system::error_code;

  beast_websocket_session(connection peer, upgrade_request request,
                          const websocket_options& options,
                          deadline_queue& deadlines);

  // -- websocket_session ------------------------------------------------------

  void start(std::unique_ptr<websocket_owner> owner) override;
  void send(stream_text text) override;
  [[nodiscard]] bool is_open() const override;
  [[nodiscard]] bool is_full() const override;
  void close(const protocol::close_reason& reason, errc why) override;
  void abandon(const protocol::close_reason& reason, errc why) override;
  void keep_place() override;
  void pause_reading() override;
  void resume_reading() override;
  void ping() override;
  void hold_frame() override;
  void release_frame() override;
  void accept_frames_up_to(std::size_t bytes) override;
  [[nodiscard]] time_point last_inbound() const override;
  [[nodiscard]] std::size_t queued_bytes() const override;
  [[nodiscard]] std::size_t queued_frames() const override;

  // -- write_turns::writer ----------------------------------------------------

  void write_now() override;

  /// The ledger evicts this reader to make room for others.
  void on_evicted();

private:
  enum class phase { open, closing, ended };

  /// Allocated only when the session begins to close.
  struct ending {
    session_end why;
    boost::beast::websocket::close_reason said;
    std::array<char, 64> discarded;
  };

  gathering_stream<peer_stream>& transport() {
    return stream_.next_layer();
  }

  void on_accepted(error_code error);

  // -- slow and silent peers (websocket_session_watching.cpp) -----------------

  /// Bytes that the peer has acknowledged so far.
  [[nodiscard]] std::size_t taken();
  void watch_output();
  void drop_slow_peer();
  void watch_input();
  void on_input_stalled();
  /// Called one ping interval after the peer's last sign of life, or when its
  /// pong is overdue.
  void on_silence();
  /// Whether the peer could have answered a ping by now. That requires that the
  /// session is reading, and that no output precedes the ping, because
  /// `output_watch_` judges pending output.
  [[nodiscard]] bool owes_pong();
  /// Whether the ping may not have reached the peer yet. Over TCP the kernel
  /// breaks a connection on which nothing is acknowledged. A socket file has
  /// neither acknowledgements nor that limit: there, output that the program
  /// has not read is an excuse only while the program continues to read.
  [[nodiscard]] bool may_be_on_its_way();
  /// Bytes that the kernel holds for the peer; see `unacknowledged_bytes`.
  [[nodiscard]] std::size_t unread();
  void stop_watching();

  // -- reading (websocket_session_reading.cpp) --------------------------------

  void read_next();
  /// The message's share of the budget after the next piece.
  [[nodiscard]] std::size_t budgeted_bytes() const;
  /// Retries later, because other connections have exhausted the budget and
  /// will return their shares.
  void read_later();
  void on_read(error_code error, std::size_t size);
  /// Passes the message in `buffer_` to the owner.
  void deliver();
  void on_read_error(error_code error);

  // -- writing (websocket_session_writing.cpp) --------------------------------

  void write_soon();
  void write_next();
  /// Hands waiting frames to the stream, up to `limit` bytes.
  void hand_over(std::size_t limit);
  void write(const stream_text& frame, error_code& error);
  void on_written(const frame_queue::batch& batch, error_code error);
  void tell_room();
  void tell_debt();
  /// Returns the shared texts first: otherwise the ledger would conclude that
  /// this end freed no memory, and evict another reader.
  void close_account();

  // -- ending (websocket_session_ending.cpp) ----------------------------------

  void send_close_frame();
  /// The peer violated the protocol and was sent a close frame. Gives it a
  /// little time to read that: closing a socket with unread input would reset
  /// the connection before that.
  void linger(const session_end& end);
  void give_up_owner();
  void tell_owner(const session_end& end);
  /// The closing handshake took too long, or a write has not completed. A peer
  /// that is still reading the queued output gets more time.
  void on_close_timeout();
  /// All paths end here. Idempotent.
  void finish(const session_end& end);

  websocket_options options_;
  std::string peer_ip_;
  connection_ledger::place_ptr place_;
  std::shared_ptr<void> presence_;
  deadline_queue& deadlines_;
  time_point last_inbound_;
  /// When reading resumed after a pause.
  time_point resumed_{};
  /// When a pong became due, how many bytes the kernel had been handed by then,
  /// and how many of those it still held.
  struct ping_mark {
    time_point when{};
    std::size_t handed = 0;
    std::size_t unread = 0;
  };
  ping_mark owed_since_;

  write_turns& turns_;
  boost::beast::websocket::stream<gathering_stream<peer_stream>, false> stream_;
  /// Null once the upgrade is accepted.
  std::unique_ptr<upgrade_request> request_;
  boost::beast::flat_buffer buffer_;
  std::unique_ptr<output_ledger::account> account_;
  frame_queue queue_;

  phase phase_ = phase::open;
  bool accepted_ = false;
  bool reading_ = false;
  bool paused_ = false;
  bool delivering_ = false;
  /// The owner still holds the last message.
  bool holds_frame_ = false;
  bool write_due_ = false;
  bool pinging_ = false;
  /// A ping has been sent since the peer's last sign of life.
  bool pinged_ = false;
  bool was_full_ = false;
  bool close_sent_ = false;
  std::unique_ptr<ending> ending_;
  deadline close_deadline_;
  deadline ping_deadline_;
  // Created on first use; most connections never need them.
  std::unique_ptr<transfer_watch> output_watch_;
  std::unique_ptr<transfer_watch> input_watch_;
  std::unique_ptr<deadline> budget_deadline_;
  byte_budget::share share_;
  /// Bytes of messages received so far.
  std::size_t received_ = 0;
  /// What the peer had acknowledged when the current close timeout began.
  std::size_t taken_before_ = 0;

  owner_slot<websocket_owner> owner_;
};

} // namespace bridgekeeper::net
