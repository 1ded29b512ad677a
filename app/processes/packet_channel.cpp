#include "app/processes/packet_channel.hpp"

#include <boost/asio/post.hpp>

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <utility>

namespace bridgekeeper::app {

namespace {

struct header {
  packet_kind kind;
  std::uint32_t text_size;
  std::uint64_t ticket;
  std::int64_t number;
  std::uint64_t detail;
};

/// Room for the descriptors of one packet, aligned as the kernel wants it.
union control_buffer {
  cmsghdr alignment;
  std::array<char, CMSG_SPACE(max_packet_fds * sizeof(int))> bytes;
};

std::string encode(const packet& x) {
  auto text = x.text.substr(0, max_packet_text);
  header head{x.kind, static_cast<std::uint32_t>(text.size()), x.ticket,
              x.number, x.detail};
  std::string out(sizeof(head), '\0');
  std::memcpy(out.data(), &head, sizeof(head));
  return out + text;
}

bool decode(std::string_view bytes, packet& out) {
  header head{};
  if (bytes.size() < sizeof(head))
    return false;
  std::memcpy(&head, bytes.data(), sizeof(head));
  bytes.remove_prefix(sizeof(head));
  if (head.text_size != bytes.size())
    return false;
  out = {head.kind, head.ticket, head.number, head.detail, std::string{bytes}};
  return true;
}

std::vector<owned_fd> descriptors_of(msghdr& message) {
  std::vector<owned_fd> out;
  for (auto part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
      continue;
    auto count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      auto fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
      out.emplace_back(fd);
    }
  }
  return out;
}

/// Returns 0, or an error number.
int send_message(int socket, const std::string& bytes,
                 const std::vector<owned_fd>& fds) {
  iovec data{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  control_buffer control{};
  if (!fds.empty()) {
    message.msg_control = control.bytes.data();
    message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
    auto part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    for (std::size_t i = 0; i < fds.size(); ++i) {
      auto fd = fds[i].get();
      std::memcpy(CMSG_DATA(part) + i * sizeof(int), &fd, sizeof(int));
    }
  }
  while (::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    if (errno != EINTR)
      return errno;
  return 0;
}

} // namespace

packet_channel::packet_channel(boost::asio::io_context& context,
                               owned_fd socket, handlers callbacks,
                               transmitter transmit)
  : socket_(context, socket.take()), retry_(context),
    handlers_(std::move(callbacks)),
    transmit_(transmit ? std::move(transmit) : send_message) {}

void packet_channel::start() {
  await_packet();
}

void packet_channel::send(const packet& x, std::vector<owned_fd> fds) {
  if (closed_)
    return;
  queue_.push_back({x.ticket, encode(x), std::move(fds)});
  flush();
}

void packet_channel::close() {
  if (std::exchange(closed_, true))
    return;
  queue_.clear();
  retry_.cancel();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void packet_channel::await_packet() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](boost::system::error_code ec) {
                       if (ec || self->closed_)
                         return;
                       while (self->receive())
                         ;
                       if (!self->closed_)
                         self->await_packet();
                     });
}

bool packet_channel::receive() {
  std::array<char, sizeof(header) + max_packet_text> buffer{};
  iovec data{buffer.data(), buffer.size()};
  control_buffer control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  auto count = ::recvmsg(socket_.native_handle(), &message,
                         MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR))
    return errno == EINTR;
  if (count <= 0) {
    fail();
    return false;
  }
  auto fds = descriptors_of(message);
  packet x;
  if (decode({buffer.data(), static_cast<std::size_t>(count)}, x))
    handlers_.on_packet(std::move(x), std::move(fds));
  return !closed_;
}

void packet_channel::flush() {
  while (!queue_.empty() && !awaits_space_) {
    auto& next = queue_.front();
    switch (auto error =
                transmit_(socket_.native_handle(), next.bytes, next.fds)) {
    case EAGAIN:
    case ETOOMANYREFS:
    case ENOBUFS:
    case ENOMEM:
      return flush_after(error);
    case EPIPE:
    case ECONNRESET:
    case ENOTCONN:
      // The other end is gone. Reading tells so, after what it said last.
    case 0:
      queue_.pop_front();
      break;
    default:
      drop(error);
    }
  }
}

void packet_channel::flush_after(int error) {
  awaits_space_ = true;
  auto again = [self = shared_from_this()](boost::system::error_code ec) {
    self->awaits_space_ = false;
    if (!ec && !self->closed_)
      self->flush();
  };
  if (error == EAGAIN)
    return socket_.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                              std::move(again));
  // The socket itself has space, so waiting for that would be a busy loop.
  retry_.expires_after(retry_interval);
  retry_.async_wait(std::move(again));
}

/// The other end waits for what it is not told. Only a packet that starts a
/// task can be refused by itself.
void packet_channel::drop(int error) {
  auto refused = std::move(queue_.front());
  queue_.pop_front();
  if (!refused.fds.empty() && handlers_.on_refused)
    return handlers_.on_refused(refused.ticket, error);
  // Later, because the caller of `send` does not expect the end.
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (!self->closed_)
      self->fail();
  });
}

void packet_channel::fail() {
  // The handler may drop the last reference.
  auto keep = shared_from_this();
  close();
  handlers_.on_end();
}

std::pair<owned_fd, owned_fd> make_packet_sockets() {
  std::array<int, 2> fds{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()) != 0)
    return {};
  return {owned_fd{fds[0]}, owned_fd{fds[1]}};
}

} // namespace bridgekeeper::app
