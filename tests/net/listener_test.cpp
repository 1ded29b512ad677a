#include "log/log_line.hpp"
#include "net/server/listener.hpp"
#include "support/http_peer.hpp"
#include "support/http_server.hpp"
#include "support/inbox.hpp"
#include "support/tls_pair.hpp"
#include "support/tls_peer.hpp"

#include <doctest/doctest.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <array>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <vector>

using namespace bridgekeeper;
using namespace test;

namespace {

/// What opening a listener on `where` complains about.
std::string complaint_about(net::endpoint where) {
  io_threads threads{1};
  net::listener_options options;
  options.endpoints = {std::move(where)};
  net::listener door{threads.pointers(), options, {}};
  try {
    door.open();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "none";
}

/// No new descriptors for anybody while it lives.
class no_descriptors {
public:
  no_descriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    auto none = before_;
    // `poll` wants room for as many as it is given.
    none.rlim_cur = 3;
    ::setrlimit(RLIMIT_NOFILE, &none);
  }

  ~no_descriptors() {
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }

private:
  rlimit before_{};
};

/// What is logged while it lives.
class log_watch {
public:
  log_watch() {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<sink>(lines)));
  }

  ~log_watch() {
    spdlog::set_default_logger(before_);
  }

  inbox<std::string> lines;

private:
  class sink : public spdlog::sinks::base_sink<std::mutex> {
  public:
    explicit sink(inbox<std::string>& lines) : lines_(lines) {}

  protected:
    void sink_it_(const spdlog::details::log_msg& x) override {
      lines_.push(std::string{log::parse_line(x).text});
    }

    void flush_() override {}

  private:
    inbox<std::string>& lines_;
  };

  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

} // namespace

// -- addresses ----------------------------------------------------------------

TEST_CASE("a listener answers on every one of its addresses") {
  http_server server{answering("hello"), loopback(3), 1};
  for (std::size_t door = 0; door < 3; ++door) {
    CHECK(server.port(door) != 0);
    http_peer peer{server.port(door)};
    peer.get("/");
    CHECK(peer.read_answer().body == "hello");
  }
  CHECK(server.port(0) != server.port(1));
  CHECK(to_string(server.door().bound().at(0))
        == "127.0.0.1:" + std::to_string(server.port()));
}

TEST_CASE("a name is resolved and gets one port") {
  net::listener_options options;
  options.endpoints = {{"localhost", 0}};
  http_server server{answering("hello"), options, 1};
  CHECK(server.door().bound().size() == 1);
  CHECK(server.door().bound().at(0).host == "localhost");
  CHECK(server.port() != 0);
}

TEST_CASE("an address in use is named and said what to do about") {
  http_server server;
  auto taken = std::to_string(server.port());
  CHECK(
      complaint_about({"127.0.0.1", server.port()})
      == "Cannot listen on 127.0.0.1:" + taken
             + ": Address already in use. Another program is listening there, "
               "perhaps the service (systemctl stop bridgekeeper): stop it, or "
               "choose another address with --listen HOST:PORT.");
}

TEST_CASE("an address of another machine is named") {
  CHECK(complaint_about({"192.0.2.1", 0})
        == "Cannot listen on 192.0.2.1:0: Cannot assign requested address. "
           "This machine does not have that address; choose another with "
           "--listen HOST:PORT.");
}

TEST_CASE("a name without an address is said what to do about") {
  CHECK(complaint_about({"a..b", 0})
            .ends_with(". Check the name, or choose another address with "
                       "--listen HOST:PORT."));
}

TEST_CASE("a port is free again once its listener is closed") {
  net::listener_options options = loopback();
  {
    http_server first{answering("one"), options, 1};
    options.endpoints[0].port = first.port();
    http_peer peer{first.port()};
    peer.get("/");
    CHECK(peer.read_answer().body == "one");
    // The server closes first, so its port lingers in TIME_WAIT.
  }
  http_server second{answering("two"), options, 1};
  http_peer peer{second.port()};
  peer.get("/");
  CHECK(peer.read_answer().body == "two");
}

TEST_CASE("a closed listener lets nobody in but keeps who is there") {
  http_server server{answering("hello")};
  http_peer peer{server.port()};
  peer.get("/");
  CHECK(peer.read_answer().body == "hello");
  call_on(server.threads()[0], [&server] { server.door().close(); });
  CHECK_THROWS(http_peer{server.port()});
  peer.get("/");
  CHECK(peer.read_answer().body == "hello");
}

TEST_CASE("a listener takes over the sockets of another and who waits there") {
  http_server server{answering("hello")};
  auto& thread = server.threads()[0];
  auto port = server.port();
  auto sockets = call_on(thread, [&] { return server.door().release(); });
  tcp_peer waiting{port};
  inbox<std::string> taken;
  net::listener next{server.threads().pointers(), loopback(),
                     [&](net::io_thread&, const auto& session) {
                       session->abandon();
                       taken.push("a connection");
                     }};
  call_on(thread, [&] { next.open(*sockets); });
  CHECK(next.bound().at(0).port == port);
  CHECK(taken.take() == "a connection");
  CHECK(waiting.at_end());
  CHECK(server.sessions.empty());
  call_on(thread, [&] { next.close(); });
}

TEST_CASE("sockets that no listener takes over let nobody in") {
  http_server server;
  auto port = server.port();
  auto sockets =
      call_on(server.threads()[0], [&] { return server.door().release(); });
  sockets.reset();
  CHECK_THROWS(tcp_peer{port});
}

TEST_CASE("a TLS handshake that ends after the listener has closed leads "
          "nowhere") {
  tls_pair pair;
  http_server server{answering("hello"), loopback_with(pair.context()), 1};
  // Connected, and not a byte of the handshake sent yet.
  tls_peer peer{server.port(), [&](SSL_CTX&, SSL&) {
                  REQUIRE(eventually(
                      [&] { return server.door().ledger()->total() == 1; }));
                  call_on(server.threads()[0], [&] { server.door().close(); });
                }};
  CHECK(ask(peer).empty());
  CHECK(server.sessions.empty());
  CHECK(eventually([&] { return server.door().ledger()->total() == 0; }));
}

TEST_CASE("a connection that is on its way to its thread when the listener "
          "closes is not handed over") {
  http_server server{answering("hello"), loopback(), 2};
  tcp_peer first{server.port()};
  server.sessions.take();
  std::promise<void> held;
  // The second connection is for the second thread, which is busy.
  server.threads()[1].post([wait = held.get_future().share()] { wait.wait(); });
  tcp_peer second{server.port()};
  CHECK(eventually([&] { return server.door().ledger()->total() == 2; }));
  call_on(server.threads()[0], [&] { server.door().close(); });
  held.set_value();
  CHECK(second.at_end());
  CHECK(server.sessions.empty());
}

// -- threads ------------------------------------------------------------------

TEST_CASE("connections are dealt out to the threads in turn") {
  http_server server{answering("x"), loopback(), 3};
  std::array<int, 3> dealt{};
  std::vector<http_peer> peers;
  for (auto i = 0; i < 9; ++i) {
    peers.emplace_back(server.port());
    peers.back().get("/");
    CHECK(peers.back().read_answer().body == "x");
    ++dealt.at(server.requests.take().thread);
  }
  CHECK(dealt == std::array{3, 3, 3});
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(server.threads()[i].connections == 3);
}

TEST_CASE("a connection stays on its thread") {
  http_server server{answering("x"), loopback(), 2};
  http_peer peer{server.port()};
  http_peer other{server.port()};
  peer.get("/");
  std::ignore = peer.read_answer();
  auto home = server.requests.take().thread;
  for (auto i = 0; i < 5; ++i) {
    peer.get("/");
    std::ignore = peer.read_answer();
    CHECK(server.requests.take().thread == home);
  }
}

// -- limits -------------------------------------------------------------------

TEST_CASE("one connection too many is refused for now") {
  auto options = loopback();
  options.limits.total = 1;
  http_server server{answering("x"), options, 1};
  auto first = std::make_unique<http_peer>(server.port());
  server.sessions.take();
  http_peer second{server.port()};
  auto refusal = second.read_answer();
  CHECK(refusal.status == 503);
  CHECK(refusal.headers["retry-after"] == "1");
  CHECK(refusal.body
        == R"({"detail":"Too many connections",)"
           R"("code":"too_many_connections",)"
           R"("retryable":true,"retry_after_s":1})");
  CHECK_FALSE(refusal.keep_alive);
  CHECK(second.at_end());
  CHECK(server.door().ledger()->total() == 1);
  // When the first has left there is room again.
  first.reset();
  server.ends.take();
  http_peer third{server.port()};
  third.get("/");
  CHECK(third.read_answer().body == "x");
}

TEST_CASE("connections that end are counted out") {
  http_server server{answering("x"), loopback(), 2};
  {
    http_peer first{server.port()};
    http_peer second{server.port()};
    server.sessions.take();
    server.sessions.take();
    CHECK(server.door().ledger()->total() == 2);
    CHECK(server.threads()[0].connections == 1);
    CHECK(server.threads()[1].connections == 1);
  }
  server.ends.take();
  server.ends.take();
  CHECK(server.door().ledger()->total() == 0);
  CHECK(server.threads()[0].connections == 0);
  CHECK(server.threads()[1].connections == 0);
}

TEST_CASE("what cannot be accepted for want of descriptors is tried again") {
  // Before the threads start and until they have ended: they log, too.
  log_watch log;
  http_server server{answering("x")};
  auto peer = http_peer{server.port()};
  server.sessions.take();
  auto late = tcp_peer::unconnected();
  {
    no_descriptors starved;
    late.connect(server.port());
    CHECK(log.lines.take()
          == "cannot accept a connection: Too many open files; retrying "
             "every 100 ms");
    // Who is there already is served all the same.
    peer.get("/");
    CHECK(peer.read_answer().body == "x");
  }
  late.write("GET / HTTP/1.0\r\n\r\n");
  CHECK(late.read_to_end().ends_with("x"));
}
