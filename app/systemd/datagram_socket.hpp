#pragma once

#include <chrono>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>

namespace bridgekeeper::app {

/// Sends datagrams to a Unix socket, as service managers and the journal
/// receive them. The socket is looked up for each datagram, so that its owner
/// may be restarted. Any thread, one at a time.
class datagram_socket {
public:
  datagram_socket() = default;

  /// `address` is an absolute path or, after `@`, a name in the abstract
  /// namespace. If it is neither, or too long, the socket is not open. A
  /// datagram may wait for its receiver for `send_timeout`.
  datagram_socket(std::string_view address,
                  std::chrono::milliseconds send_timeout);

  datagram_socket(datagram_socket&& other) noexcept;
  datagram_socket& operator=(datagram_socket&& other) noexcept;

  ~datagram_socket();

  [[nodiscard]] bool is_open() const noexcept {
    return descriptor_ >= 0;
  }

  /// Sends `bytes` or, if it is not negative, the descriptor. Returns 0 or the
  /// error number: EAGAIN if the receiver has read nothing for too long.
  [[nodiscard]] int send(std::string_view bytes,
                         int descriptor = -1) const noexcept;

private:
  int descriptor_ = -1;
  sockaddr_un address_{};
  socklen_t length_ = 0;
};

} // namespace bridgekeeper::app
