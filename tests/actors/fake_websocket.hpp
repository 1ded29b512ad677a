#pragma once

#include "net/websocket_session.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bridgekeeper::test {

/// A WebSocket without a socket. Keeps to the promises of
/// `net::websocket_session`: the owner is never called from within a call to
/// the session, not while reading is paused, and not after it let go.
class fake_websocket : public net::websocket_session {
public:
  explicit fake_websocket(const net::deadline_queue& clock);

  // -- what the test sees -----------------------------------------------------

  /// Frames to the peer, until the close frame.
  std::vector<std::string> sent;
  /// The close frame, and why it was sent.
  std::optional<protocol::close_reason> closed;
  errc why = errc::peer_closed;
  bool paused = false;
  std::size_t times_paused = 0;
  /// How often the peer was pinged.
  std::size_t pings = 0;
  /// What `accept_frames_up_to` was told, if anything.
  std::size_t max_frame = 0;

  /// The frames that came since this was asked last.
  [[nodiscard]] std::vector<std::string> take_sent();

  /// Whether anybody still listens to the peer.
  [[nodiscard]] bool owned() const noexcept {
    return owner_ != nullptr;
  }

  // -- what the test does -----------------------------------------------------

  /// From now on every `send` throws.
  bool broken = false;

  /// So many further calls of `send` throw.
  std::size_t failing_sends = 0;

  /// From now on `abandon` throws, once it has done its work.
  bool broken_end = false;
  /// More waits to be written than should.
  bool full = false;

  /// The peer takes shared texts only when it reads, and they are held until
  /// then.
  bool peer_waits = false;

  /// What waited is written: there is room again.
  void peer_reads();

  /// Shared texts that wait for the peer.
  std::vector<shared_text_ptr> waiting;

  /// What `queued_bytes` and `queued_frames` say.
  std::pair<std::size_t, std::size_t> queued;

  /// Read at once, or when reading goes on.
  void peer_sends(std::string text, bool binary = false);

  /// A byte that completes no frame: a pong, a piece of a large frame.
  void peer_shows_life();

  /// The session ends, for this reason.
  void end(errc reason = errc::peer_closed, std::string detail = {},
           unsigned close_code = 0);

  /// Hands over what can be read. Whether there was anything.
  bool read();

  // -- net::websocket_session -------------------------------------------------

  void ping() override {
    ++pings;
  }

  /// Whether the bytes of the last frame are still counted.
  bool holds_frame = false;

  void hold_frame() override {
    holds_frame = true;
  }

  void release_frame() override {
    holds_frame = false;
  }

  void accept_frames_up_to(std::size_t bytes) override {
    max_frame = bytes;
  }

  /// Whether the connection stays when others need its place.
  bool keeps_place = false;

  void keep_place() override {
    keeps_place = true;
  }

  void start(std::unique_ptr<net::websocket_owner> owner) override;
  [[nodiscard]] bool is_open() const override;
  void send(net::stream_text text) override;
  [[nodiscard]] bool is_full() const override;
  void close(const protocol::close_reason& reason, errc cause) override;
  void abandon(const protocol::close_reason& reason, errc cause) override;
  void pause_reading() override;
  void resume_reading() override;
  [[nodiscard]] time_point last_inbound() const override;
  [[nodiscard]] std::size_t queued_bytes() const override;
  [[nodiscard]] std::size_t queued_frames() const override;

private:
  const net::deadline_queue& clock_;
  time_point last_inbound_;
  std::deque<std::pair<std::string, bool>> inbound_;
  std::size_t taken_ = 0;
  std::unique_ptr<net::websocket_owner> owner_;
  std::unique_ptr<net::websocket_owner> deferred_owner_;
};

} // namespace bridgekeeper::test
