#include "support/tls_peer.hpp"

#include "net/x509.hpp"
#include "support/inbox.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <csignal>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <system_error>
#include <unistd.h>

namespace bridgekeeper::test {

namespace {

int connect_to(std::uint16_t port) {
  auto out = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  timeval limit{std::chrono::seconds{patience}.count(), 0};
  ::setsockopt(out, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  ::setsockopt(out, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(out, reinterpret_cast<const sockaddr*>(&address),
                sizeof(address))
      != 0)
    throw std::system_error(errno, std::generic_category(), "connect");
  return out;
}

} // namespace

struct tls_peer::impl {
  explicit impl(std::uint16_t port) : socket(connect_to(port)) {
    // OpenSSL writes to sockets as to files.
    std::signal(SIGPIPE, SIG_IGN);
    SSL_set_fd(ssl.get(), socket);
  }

  ~impl() {
    ::close(socket);
  }

  bool read_more() {
    std::array<char, 65'536> chunk;
    auto n = SSL_read(ssl.get(), chunk.data(), static_cast<int>(chunk.size()));
    if (n > 0)
      buffer.append(chunk.data(), static_cast<std::size_t>(n));
    return n > 0;
  }

  std::unique_ptr<SSL_CTX, net::free_with<&SSL_CTX_free>> context{
      SSL_CTX_new(TLS_client_method())};
  std::unique_ptr<SSL, net::free_with<&SSL_free>> ssl{SSL_new(context.get())};
  int socket;
  bool secured = false;
  std::string buffer;
};

tls_peer::tls_peer(std::uint16_t port,
                   const std::function<void(SSL_CTX&, SSL&)>& prepare)
  : impl_(std::make_unique<impl>(port)) {
  if (prepare)
    prepare(*impl_->context, *impl_->ssl);
  impl_->secured = SSL_connect(impl_->ssl.get()) == 1;
  ERR_clear_error();
}

tls_peer::~tls_peer() = default;

bool tls_peer::is_secured() const {
  return impl_->secured;
}

std::string tls_peer::agreement() const {
  const auto* ssl = impl_->ssl.get();
  const unsigned char* name = nullptr;
  auto size = 0U;
  SSL_get0_alpn_selected(ssl, &name, &size);
  return std::string{SSL_get_version(ssl)} + ' ' + SSL_get_cipher_name(ssl)
         + ' ' + std::string{reinterpret_cast<const char*>(name), size};
}

std::string tls_peer::fingerprint() const {
  net::certificate_ptr shown{SSL_get1_peer_certificate(impl_->ssl.get())};
  return shown ? net::fingerprint_of(*shown) : "none";
}

bool tls_peer::write(std::string_view text) {
  auto n =
      SSL_write(impl_->ssl.get(), text.data(), static_cast<int>(text.size()));
  return n == static_cast<int>(text.size());
}

std::string tls_peer::read_until(std::string_view end) {
  while (impl_->buffer.find(end) == std::string::npos)
    if (!impl_->read_more())
      return std::exchange(impl_->buffer, {});
  auto size = impl_->buffer.find(end) + end.size();
  auto out = impl_->buffer.substr(0, size);
  impl_->buffer.erase(0, size);
  return out;
}

std::string tls_peer::read_exactly(std::size_t size) {
  while (impl_->buffer.size() < size && impl_->read_more()) {
  }
  auto out = impl_->buffer.substr(0, size);
  impl_->buffer.erase(0, size);
  return out;
}

bool tls_peer::read_to_farewell() {
  while (impl_->read_more()) {
  }
  ERR_clear_error();
  return (SSL_get_shutdown(impl_->ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

SSL& tls_peer::native() const {
  return *impl_->ssl;
}

std::string ask(tls_peer& peer) {
  peer.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
  auto head = peer.read_until("\r\n\r\n");
  constexpr std::string_view length = "content-length: ";
  auto pos = head.find(length);
  if (pos == std::string::npos)
    return {};
  return peer.read_exactly(std::stoul(head.substr(pos + length.size())));
}

} // namespace bridgekeeper::test
