#include "app/systemd/datagram_socket.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <unistd.h>
#include <utility>

namespace bridgekeeper::app {

datagram_socket::datagram_socket(std::string_view address,
                                 std::chrono::milliseconds send_timeout) {
  if (address.size() < 2 || address.size() >= sizeof(address_.sun_path)
      || (address[0] != '/' && address[0] != '@'))
    return;
  address_.sun_family = AF_UNIX;
  std::memcpy(address_.sun_path, address.data(), address.size());
  length_ =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
  if (address[0] == '@')
    address_.sun_path[0] = '\0';
  else
    ++length_;
  descriptor_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0)
    return;
  auto whole = std::chrono::duration_cast<std::chrono::seconds>(send_timeout);
  timeval limit{};
  limit.tv_sec = whole.count();
  limit.tv_usec = std::chrono::microseconds{send_timeout - whole}.count();
  ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

datagram_socket::datagram_socket(datagram_socket&& other) noexcept
  : descriptor_(std::exchange(other.descriptor_, -1)), address_(other.address_),
    length_(other.length_) {}

datagram_socket& datagram_socket::operator=(datagram_socket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(address_, other.address_);
  std::swap(length_, other.length_);
  return *this;
}

datagram_socket::~datagram_socket() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

int datagram_socket::send(std::string_view bytes,
                          int descriptor) const noexcept {
  msghdr message{};
  // The interface of sendmsg() takes what it only reads as mutable.
  message.msg_name = const_cast<sockaddr_un*>(&address_);
  message.msg_namelen = length_;
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  if (!bytes.empty()) {
    message.msg_iov = &part;
    message.msg_iovlen = 1;
  }
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  if (descriptor >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
  }
  while (::sendmsg(descriptor_, &message, MSG_NOSIGNAL) < 0)
    if (errno != EINTR)
      return errno;
  return 0;
}

} // namespace bridgekeeper::app
