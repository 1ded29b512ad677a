#include "app/systemd/receiver.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace bridgekeeper::test {

namespace {

std::string read_file(int file) {
  std::string out(1 << 20, '\0');
  auto size = ::pread(file, out.data(), out.size(), 0);
  ::close(file);
  out.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return out;
}

} // namespace

datagram_receiver::datagram_receiver(const std::string& address)
  : descriptor_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  REQUIRE(address.size() < sizeof(where.sun_path));
  std::memcpy(where.sun_path, address.data(), address.size());
  if (address[0] == '@')
    where.sun_path[0] = '\0';
  auto length = offsetof(sockaddr_un, sun_path) + address.size();
  REQUIRE(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&where),
                 static_cast<socklen_t>(length))
          == 0);
}

datagram_receiver::~datagram_receiver() {
  ::close(descriptor_);
}

std::string datagram_receiver::next() {
  std::string bytes(1 << 18, '\0');
  iovec part{bytes.data(), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  auto size = ::recvmsg(descriptor_, &message, MSG_DONTWAIT);
  if (size < 0)
    return "nothing";
  if (auto* header = CMSG_FIRSTHDR(&message)) {
    int file = -1;
    std::memcpy(&file, CMSG_DATA(header), sizeof(file));
    return read_file(file);
  }
  bytes.resize(static_cast<std::size_t>(size));
  return bytes;
}

} // namespace bridgekeeper::test
