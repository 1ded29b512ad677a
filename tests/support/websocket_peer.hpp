#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::test {

/// The code and the text of a close frame; code 0 where there was none.
struct close_frame {
  std::uint16_t code = 0;
  std::string reason;

  friend bool operator==(const close_frame&, const close_frame&) = default;
};

/// A WebSocket client made of Boost.Beast. Every call blocks, but no longer
/// than a test's patience lasts.
class websocket_peer {
public:
  /// Connects to `port` of 127.0.0.1 and upgrades. See `tcp_peer` for
  /// `receive_buffer`.
  explicit websocket_peer(std::uint16_t port, int receive_buffer = 0);

  ~websocket_peer();

  // -- writing ----------------------------------------------------------------

  void send(std::string_view text);

  void send_binary(std::string_view bytes);

  /// One message in several frames.
  void send_fragments(const std::vector<std::string>& parts);

  void ping(std::string_view payload);

  void pong(std::string_view payload);

  /// Bytes past the framing: whole or partial frames of the test's making.
  void write_raw(std::string_view bytes);

  /// Says good-bye and waits for the server's.
  void close(std::uint16_t code, std::string_view reason);

  // -- reading ----------------------------------------------------------------

  /// The next message.
  [[nodiscard]] std::string receive();

  /// Reads until the server closes; code 0 if it did without a close frame.
  [[nodiscard]] close_frame receive_close();

  /// Messages that came before the close.
  [[nodiscard]] const std::vector<std::string>& leftovers() const;

  /// Payloads of the pings and pongs that were read so far.
  [[nodiscard]] const std::vector<std::string>& pings() const;
  [[nodiscard]] const std::vector<std::string>& pongs() const;

  /// Whether the last message was binary.
  [[nodiscard]] bool got_binary() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace bridgekeeper::test
