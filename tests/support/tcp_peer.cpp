#include "support/tcp_peer.hpp"

#include "support/inbox.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace bridgekeeper::test {

namespace {

constexpr auto patience_ms = static_cast<int>(
    std::chrono::duration_cast<std::chrono::milliseconds>(patience).count());

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// Whether the socket is ready within `milliseconds`.
bool wait_for(int socket, short what, int milliseconds) {
  pollfd entry{socket, what, 0};
  auto ready = ::poll(&entry, 1, milliseconds);
  if (ready < 0)
    fail("poll");
  return ready > 0;
}

int open_socket(int family = AF_INET) {
  auto out = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (out < 0)
    fail("socket");
  return out;
}

} // namespace

tcp_peer::tcp_peer(std::uint16_t port, int receive_buffer)
  : socket_(open_socket()) {
  if (receive_buffer > 0)
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                 sizeof(receive_buffer));
  connect(port);
}

tcp_peer::tcp_peer(const std::string& socket_file)
  : socket_(open_socket(AF_UNIX)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_file.copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address),
                sizeof(address))
      != 0)
    fail("connect");
}

tcp_peer::tcp_peer(tcp_peer&& other) noexcept
  : buffer_(std::move(other.buffer_)),
    socket_(std::exchange(other.socket_, -1)) {}

tcp_peer::~tcp_peer() {
  close();
}

tcp_peer tcp_peer::unconnected() {
  tcp_peer out;
  out.socket_ = open_socket();
  return out;
}

void tcp_peer::connect(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address),
                sizeof(address))
      != 0)
    fail("connect");
  auto at_once = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
}

// -- writing ------------------------------------------------------------------

void tcp_peer::write(std::string_view text) {
  auto written = write_until_blocked(text, patience_ms);
  if (written < text.size())
    throw timed_out("the server does not read");
}

std::size_t tcp_peer::write_until_blocked(std::string_view text, int idle) {
  std::size_t written = 0;
  while (written < text.size() && wait_for(socket_, POLLOUT, idle)) {
    auto n = ::send(socket_, text.data() + written, text.size() - written,
                    MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0)
      written += static_cast<std::size_t>(n);
    else if (errno != EAGAIN)
      fail("send");
  }
  return written;
}

// -- reading ------------------------------------------------------------------

bool tcp_peer::read_more(std::size_t most) {
  if (!wait_for(socket_, POLLIN, patience_ms))
    throw timed_out("the server does not write");
  std::array<char, 65'536> chunk;
  auto n = ::recv(socket_, chunk.data(), std::min(most, chunk.size()), 0);
  if (n <= 0)
    // An orderly end or a broken connection: no more will come.
    return false;
  buffer_.append(chunk.data(), static_cast<std::size_t>(n));
  return true;
}

std::string tcp_peer::read_until(std::string_view end) {
  while (buffer_.find(end) == std::string::npos)
    if (!read_more())
      throw std::runtime_error("the server closed after \"" + buffer_ + "\"");
  auto size = buffer_.find(end) + end.size();
  auto out = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return out;
}

std::string tcp_peer::read_exactly(std::size_t size) {
  while (buffer_.size() < size)
    if (!read_more())
      throw std::runtime_error("the server closed after \"" + buffer_ + "\"");
  auto out = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return out;
}

std::string tcp_peer::read_at_most(std::size_t size) {
  if (buffer_.empty())
    std::ignore = read_more(size);
  auto out = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return out;
}

std::string tcp_peer::read_to_end() {
  while (read_more()) {
  }
  return std::exchange(buffer_, {});
}

bool tcp_peer::at_end() {
  return buffer_.empty() && !read_more();
}

// -- leaving ------------------------------------------------------------------

void tcp_peer::shutdown_send() {
  ::shutdown(socket_, SHUT_WR);
}

void tcp_peer::close() {
  if (socket_ >= 0)
    ::close(std::exchange(socket_, -1));
}

void tcp_peer::reset() {
  linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close();
}

} // namespace bridgekeeper::test
