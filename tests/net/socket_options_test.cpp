#include "support/http_peer.hpp"
#include "support/http_server.hpp"
#include "support/websocket_server.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>

using namespace bridgekeeper;
using namespace std::chrono_literals;
using namespace test;

// What TCP does about peers that are gone, as it is set on our side of real
// connections.

namespace {

std::uint16_t port_of(int descriptor, int (*name)(int, sockaddr*, socklen_t*)) {
  sockaddr_in where{};
  socklen_t size = sizeof(where);
  if (name(descriptor, reinterpret_cast<sockaddr*>(&where), &size) != 0
      || where.sin_family != AF_INET)
    return 0;
  return ntohs(where.sin_port);
}

/// The socket that was accepted on `port`; there must be one.
int accepted_on(std::uint16_t port) {
  for (const auto& entry :
       std::filesystem::directory_iterator{"/proc/self/fd"}) {
    auto descriptor = std::stoi(entry.path().filename());
    if (port_of(descriptor, &::getsockname) == port
        && port_of(descriptor, &::getpeername) != 0)
      return descriptor;
  }
  return -1;
}

int option(int descriptor, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  CHECK(::getsockopt(descriptor, level, name, &value, &size) == 0);
  return value;
}

int user_timeout(std::uint16_t port) {
  return option(accepted_on(port), IPPROTO_TCP, TCP_USER_TIMEOUT);
}

net::listener_options with_stall_limit() {
  auto out = loopback();
  out.http.pace.stall_timeout = 7s;
  out.http.stall_timeout = 5min;
  return out;
}

net::websocket_options websocket(bool may_pause) {
  net::websocket_options out;
  out.pace.stall_timeout = 7s;
  out.peer_may_pause = may_pause;
  return out;
}

} // namespace

TEST_CASE("accepted connections are kept alive, and peers that acknowledge "
          "nothing are given up") {
  http_server server{answering("x"), with_stall_limit(), 1};
  http_peer peer{server.port()};
  peer.get("/");
  CHECK(peer.read_answer().status == 200);
  auto ours = accepted_on(server.port());
  CHECK(option(ours, SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(option(ours, IPPROTO_TCP, TCP_KEEPIDLE) == 30);
  CHECK(option(ours, IPPROTO_TCP, TCP_KEEPINTVL) == 10);
  CHECK(option(ours, IPPROTO_TCP, TCP_KEEPCNT) == 6);
  CHECK(user_timeout(server.port()) == 7000);
}

TEST_CASE("the reader of a stream may sleep for longer") {
  http_server server{
      {[](const http_server::link_ptr& link, const net::http_request&) {
         link->session->begin_stream({});
       },
       {},
       {},
       {}},
      with_stall_limit(),
      1};
  http_peer peer{server.port()};
  peer.get("/");
  std::ignore = peer.read_until("\r\n\r\n");
  CHECK(user_timeout(server.port()) == 300'000);
}

TEST_CASE("a WebSocket's peer is given up, unless it may pause") {
  for (auto may_pause : {false, true}) {
    CAPTURE(may_pause);
    websocket_server server{websocket(may_pause), {}, with_stall_limit()};
    http_peer peer{server.port()};
    peer.upgrade();
    server.sessions.take();
    CHECK(user_timeout(server.port()) == (may_pause ? 0 : 7000));
    CHECK(option(accepted_on(server.port()), SOL_SOCKET, SO_KEEPALIVE) == 1);
  }
}
