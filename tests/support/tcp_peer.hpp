#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bridgekeeper::test {

/// The other end of a TCP connection, or of one over a socket file, as plain as
/// it gets: it blocks, it gives up when its patience is over, and it can behave
/// badly.
class tcp_peer {
public:
  /// Connects to `port` of 127.0.0.1. A `receive_buffer` other than 0 keeps
  /// small what the kernel holds for a peer that does not read.
  explicit tcp_peer(std::uint16_t port, int receive_buffer = 0);

  /// Connects to a socket file.
  explicit tcp_peer(const std::string& socket_file);

  tcp_peer(tcp_peer&& other) noexcept;
  tcp_peer& operator=(tcp_peer&&) = delete;

  ~tcp_peer();

  /// A socket that is not connected yet; for when there are no descriptors
  /// left by the time it must be.
  [[nodiscard]] static tcp_peer unconnected();

  void connect(std::uint16_t port);

  // -- writing ----------------------------------------------------------------

  /// Writes all of it.
  void write(std::string_view text);

  /// Writes what the kernel takes until it takes no more for `idle`
  /// milliseconds, at most all of it; returns how much that was.
  [[nodiscard]] std::size_t write_until_blocked(std::string_view text,
                                                int idle = 300);

  // -- reading ----------------------------------------------------------------

  /// Reads up to and with `end`.
  [[nodiscard]] std::string read_until(std::string_view end);

  [[nodiscard]] std::string read_exactly(std::size_t size);

  /// Reads what is there once there is something, and leaves the rest with the
  /// kernel.
  [[nodiscard]] std::string read_at_most(std::size_t size);

  /// Reads until the other side has no more to say, or is gone.
  [[nodiscard]] std::string read_to_end();

  /// Whether the other side has closed and nothing was left to read.
  [[nodiscard]] bool at_end();

  // -- leaving ----------------------------------------------------------------

  /// Says that nothing more will be written.
  void shutdown_send();

  void close();

  /// Closes without a good-bye: the other side's connection breaks.
  void reset();

protected:
  /// Adds what has arrived, when it arrives, to `buffer_`; false at the end.
  bool read_more(std::size_t most = 65'536);

  std::string buffer_;

private:
  tcp_peer() = default;

  int socket_ = -1;
};

} // namespace bridgekeeper::test
