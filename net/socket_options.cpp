#include "net/socket_options.hpp"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <tuple>

namespace bridgekeeper::net {

namespace {

constexpr int silence_before_probes_s = 30;
constexpr int between_probes_s = 10;
constexpr int probes = 6;

/// Errors are ignored, because connections also work without these options.
template <class Value>
void set(int socket, int level, int name, Value value) noexcept {
  std::ignore = ::setsockopt(socket, level, name, &value, sizeof(value));
}

} // namespace

void keep_alive(int socket) noexcept {
  set(socket, IPPROTO_TCP, TCP_KEEPIDLE, silence_before_probes_s);
  set(socket, IPPROTO_TCP, TCP_KEEPINTVL, between_probes_s);
  set(socket, IPPROTO_TCP, TCP_KEEPCNT, probes);
  set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
}

void limit_unacknowledged(int socket, std::chrono::milliseconds time) noexcept {
  set(socket, IPPROTO_TCP, TCP_USER_TIMEOUT,
      static_cast<unsigned int>(time.count()));
}

std::size_t unacknowledged_bytes(int socket) noexcept {
  int bytes = 0;
  if (::ioctl(socket, SIOCOUTQ, &bytes) != 0 || bytes < 0)
    return 0;
  return static_cast<std::size_t>(bytes);
}

void limit_unsent(int socket, std::size_t bytes) noexcept {
  set(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, static_cast<unsigned int>(bytes));
}

bool is_over_file(int socket) noexcept {
  int domain = AF_UNSPEC;
  socklen_t size = sizeof(domain);
  return ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0
         && domain == AF_UNIX;
}

} // namespace bridgekeeper::net
