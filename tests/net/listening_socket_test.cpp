#include "net/local_peer.hpp"
#include "support/http_peer.hpp"
#include "support/http_server.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace bridgekeeper;
using namespace test;

namespace fs = std::filesystem;

namespace {

/// A directory for socket files.
class scratch {
public:
  scratch() {
    std::string name = "/tmp/bk-socket-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr)
      throw std::runtime_error("no scratch directory");
    path = name;
  }

  ~scratch() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }

  [[nodiscard]] std::string file(const char* name) const {
    return (path / name).string();
  }

  fs::path path;
};

net::listener_options at(net::endpoint where) {
  net::listener_options out;
  out.endpoints = {std::move(where)};
  return out;
}

net::listener_options at_file(const std::string& path) {
  return at({{}, 0, path});
}

/// What opening a listener complains about.
std::string complaint_about(const net::listener_options& options) {
  io_threads threads{1};
  net::listener door{threads.pointers(), options, {}};
  try {
    door.open();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "none";
}

/// The answer to a request over a connected socket, which is closed.
std::string ask_over(int descriptor) {
  std::string out;
  constexpr std::string_view text = "GET / HTTP/1.0\r\n\r\n";
  if (::write(descriptor, text.data(), text.size()) > 0) {
    std::array<char, 4096> piece{};
    for (;;) {
      auto n = ::read(descriptor, piece.data(), piece.size());
      if (n <= 0)
        break;
      out.append(piece.data(), static_cast<std::size_t>(n));
    }
  }
  ::close(descriptor);
  return out;
}

template <class Address>
std::string ask_at(const Address& where) {
  auto out = ::socket(where.base.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(out, &where.base, where.size) != 0) {
    ::close(out);
    return "cannot connect";
  }
  return ask_over(out);
}

template <class T>
struct address {
  union {
    T own;
    sockaddr base;
  };
  socklen_t size = sizeof(T);
};

std::string ask_ipv4(std::uint16_t port) {
  address<sockaddr_in> where{};
  where.own.sin_family = AF_INET;
  where.own.sin_port = htons(port);
  where.own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ask_at(where);
}

std::string ask_ipv6(std::uint16_t port) {
  address<sockaddr_in6> where{};
  where.own.sin6_family = AF_INET6;
  where.own.sin6_port = htons(port);
  where.own.sin6_addr = in6addr_loopback;
  return ask_at(where);
}

std::string ask_file(const std::string& path) {
  address<sockaddr_un> where{};
  where.own.sun_family = AF_UNIX;
  std::memcpy(where.own.sun_path, path.c_str(), path.size() + 1);
  return ask_at(where);
}

/// Answers with the peer's address.
http_server::script telling_addresses() {
  http_server::script out;
  out.on_request = [](const http_server::link_ptr& link,
                      const net::http_request& x) {
    link->session->respond(text_answer(x.peer_ip()));
  };
  return out;
}

mode_t mode_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
}

} // namespace

// -- wildcards and names ------------------------------------------------------

TEST_CASE("the IPv6 wildcard takes IPv4 as well, whose addresses look as "
          "always") {
  http_server server{telling_addresses(), at({"::", 0}), 1};
  CHECK(ask_ipv4(server.port()).ends_with("127.0.0.1"));
  CHECK(ask_ipv6(server.port()).ends_with("::1"));
}

TEST_CASE("the IPv6 wildcard leaves IPv4 to an endpoint with the same port") {
  // A port that was free a moment ago.
  auto port = http_server{}.port();
  net::listener_options options;
  for (auto order : {0, 1}) {
    CAPTURE(order);
    options.endpoints = {{"0.0.0.0", port}, {"::", port}};
    if (order == 1)
      std::swap(options.endpoints[0], options.endpoints[1]);
    http_server server{telling_addresses(), options, 1};
    CHECK(server.door().bound().size() == 2);
    CHECK(ask_ipv4(port).ends_with("127.0.0.1"));
    CHECK(ask_ipv6(port).ends_with("::1"));
  }
}

TEST_CASE("localhost is all its addresses, on one port") {
  http_server server{telling_addresses(), at({"localhost", 0}), 1};
  CHECK(server.door().bound().size() == 1);
  CHECK(server.door().bound().at(0).host == "localhost");
  CHECK(ask_ipv4(server.port()).ends_with("127.0.0.1"));
  CHECK(ask_ipv6(server.port()).ends_with("::1"));
}

TEST_CASE("an address that is listed twice, once by name, is bound once") {
  auto port = http_server{}.port();
  net::listener_options options;
  options.endpoints = {{"127.0.0.1", port}, {"localhost", port}};
  http_server server{telling_addresses(), options, 1};
  CHECK(ask_ipv4(port).ends_with("127.0.0.1"));
  CHECK(ask_ipv6(port).ends_with("::1"));
}

// -- socket files -------------------------------------------------------------

TEST_CASE("a listener answers on a socket file, whose peers are named by "
          "their user") {
  scratch place;
  auto path = place.file("s");
  http_server server{telling_addresses(), at_file(path), 2};
  for (auto i = 0; i < 4; ++i)
    CHECK(ask_file(path).ends_with("uid:" + std::to_string(::geteuid())));
  CHECK(to_string(server.door().bound().at(0)) == "unix:" + path);
  CHECK(eventually([&] { return server.door().ledger()->total() == 0; }));
}

TEST_CASE("a socket file is for its owner and group, whatever the umask") {
  scratch place;
  for (auto mask : {0U, 022U, 077U}) {
    CAPTURE(mask);
    auto before = ::umask(mask);
    auto path = place.file("s");
    http_server server{{}, at_file(path), 1};
    ::umask(before);
    CHECK(mode_of(path) == 0660U);
  }
}

TEST_CASE("peers of a socket file are counted in all, not by address") {
  scratch place;
  auto path = place.file("s");
  auto options = at_file(path);
  options.limits.per_ip = 1;
  options.endpoints.push_back({"127.0.0.1", 0});
  http_server server{answering("x"), options, 1};
  http_peer over_tcp{server.port(1)};
  server.sessions.take();
  for (auto i = 0; i < 3; ++i)
    CHECK(ask_file(path).ends_with("x"));
}

TEST_CASE("a socket file is removed when its listener closes") {
  scratch place;
  auto path = place.file("s");
  http_server server{answering("x"), at_file(path), 1};
  CHECK(fs::exists(path));
  call_on(server.threads()[0], [&] { server.door().close(); });
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("the socket file of a process that was killed is replaced") {
  scratch place;
  auto path = place.file("s");
  {
    // Closed without being removed.
    address<sockaddr_un> where{};
    where.own.sun_family = AF_UNIX;
    std::memcpy(where.own.sun_path, path.c_str(), path.size() + 1);
    auto left = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(left, &where.base, where.size) == 0);
    ::close(left);
  }
  http_server server{answering("again"), at_file(path), 1};
  CHECK(ask_file(path).ends_with("again"));
}

TEST_CASE("a socket file that another listener uses, and any other file, "
          "stays") {
  scratch place;
  auto path = place.file("s");
  http_server server{answering("x"), at_file(path), 1};
  CHECK(complaint_about(at_file(path))
            .starts_with("Cannot listen on unix:" + path
                         + ": Address already in use."));
  CHECK(ask_file(path).ends_with("x"));

  auto text = place.file("text");
  std::ofstream{text} << "precious";
  CHECK(complaint_about(at_file(text)).find("Address already in use")
        != std::string::npos);
  CHECK(fs::file_size(text) == 8);
}

TEST_CASE("a listener does not remove the file that another one has put in "
          "its place") {
  scratch place;
  auto path = place.file("s");
  http_server first{answering("first"), at_file(path), 1};
  fs::remove(path);
  http_server second{answering("second"), at_file(path), 1};
  call_on(first.threads()[0], [&] { first.door().close(); });
  CHECK(ask_file(path).ends_with("second"));
}

TEST_CASE("a directory that is missing is named") {
  CHECK(complaint_about(at_file("/nowhere/at/all"))
        == "Cannot listen on unix:/nowhere/at/all: No such file or "
           "directory.");
}

TEST_CASE("an address is never taken for the peer of a socket file") {
  CHECK(net::is_local_peer("uid:0"));
  CHECK_FALSE(net::is_local_peer("127.0.0.1"));
  CHECK_FALSE(net::is_local_peer(""));
}
