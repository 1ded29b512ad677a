#include "net/deadline_queue.hpp"
#include "net/error_boundary.hpp"
#include "net/server/gate.hpp"
#include "net/write_turns.hpp"
#include "support/http_peer.hpp"
#include "support/http_server.hpp"
#include "support/stepped_clock.hpp"
#include "support/tcp_peer.hpp"
#include "support/tls_pair.hpp"
#include "support/tls_peer.hpp"
#include "support/websocket_frames.hpp"
#include "support/websocket_peer.hpp"
#include "support/websocket_server.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <unistd.h>

using namespace bridgekeeper;
using namespace std::chrono_literals;
using namespace test;

namespace {

[[noreturn]] void go_wrong() {
  throw std::runtime_error("injected");
}

/// Throws whatever it is told to throw with.
http_server::script throwing_for(const std::string& target) {
  auto out = answering("fine");
  auto answer = out.on_request;
  out.on_request = [target, answer](const http_server::link_ptr& link,
                                    const net::http_request& x) {
    if (x.target() == target)
      go_wrong();
    answer(link, x);
  };
  return out;
}

std::string post(const std::string& target) {
  return "POST " + target
         + " HTTP/1.1\r\nHost: t\r\nContent-Length: 10000\r\n\r\n";
}

/// Whether a server goes on to answer others.
void check_others(http_server& server) {
  http_peer other{server.port()};
  other.get("/");
  CHECK(other.read_answer().body == "fine");
}

} // namespace

TEST_CASE("an exception of another part stays within its boundary") {
  CHECK(net::contain("a test", [] {}));
  CHECK_FALSE(net::contain("a test", [] { go_wrong(); }));
  CHECK_FALSE(net::contain("a test", [] { throw 4711; }));
}

// -- threads and queues -------------------------------------------------------

TEST_CASE("a task that throws does not end its I/O thread") {
  io_threads threads{1};
  threads.start();
  for (auto i = 0; i < 3; ++i) {
    threads[0].post([] { go_wrong(); });
    CHECK(call_on(threads[0], [] { return 1; }) == 1);
  }
}

TEST_CASE("an expiry that throws keeps no other deadline from expiring") {
  stepped_clock clock;
  net::deadline_queue queue{clock.function()};
  auto expired = 0;
  net::deadline first{queue, [] { go_wrong(); }};
  net::deadline second{queue, [&] { ++expired; }};
  net::deadline later{queue, [&] { ++expired; }};
  first.arm(1s);
  second.arm(1s);
  later.arm(2s);
  clock.advance(1s);
  queue.run_due();
  CHECK(expired == 1);
  CHECK(later.armed());
  clock.advance(1s);
  queue.run_due();
  CHECK(expired == 2);
}

TEST_CASE("a session that throws while it writes keeps no other from "
          "writing") {
  struct writer : net::write_turns::writer {
    explicit writer(bool is_broken) : broken(is_broken) {}

    void write_now() override {
      ++writes;
      if (broken)
        go_wrong();
    }

    bool broken;
    int writes = 0;
  };

  boost::asio::io_context context;
  auto& turns = net::write_turns::of(context);
  auto broken = std::make_shared<writer>(true);
  auto whole = std::make_shared<writer>(false);
  turns.put_off(broken);
  turns.put_off(whole);
  context.run();
  CHECK(broken->writes == 1);
  CHECK(whole->writes == 1);
  context.restart();
  turns.put_off(whole);
  context.run();
  CHECK(whole->writes == 2);
}

// -- HTTP ---------------------------------------------------------------------

TEST_CASE("a question for the body that throws is answered with 500, and "
          "nobody else minds") {
  auto script = answering("fine");
  script.wants_body = [](const net::http_request&) -> bool { go_wrong(); };
  http_server server{script};
  http_peer peer{server.port()};
  peer.write(post("/x"));
  auto answer = peer.read_answer();
  CHECK(answer.status == 500);
  CHECK_FALSE(answer.keep_alive);
  CHECK(server.requests.empty());
  check_others(server);
}

TEST_CASE("decorations that throw leave the answer as it was") {
  auto script = answering("fine");
  script.decorate = [](const net::http_request&, net::http_response&) {
    go_wrong();
  };
  http_server server{script};
  http_peer peer{server.port()};
  peer.write("nonsense\r\n\r\n");
  CHECK(peer.read_answer().status == 400);
  check_others(server);
}

TEST_CASE("a handler that throws over a request is answered for with 500") {
  http_server server{throwing_for("/bad")};
  {
    http_peer peer{server.port()};
    peer.get("/bad");
    auto answer = peer.read_answer();
    CHECK(answer.status == 500);
    CHECK_FALSE(answer.keep_alive);
  }
  CHECK(server.ends.take().reason == errc::peer_closed);
  check_others(server);
}

TEST_CASE("a connection whose start throws costs no other one") {
  // Of each kind of listener; the first connection goes wrong.
  tls_pair pair;
  for (const auto& options : {loopback(), loopback_with(pair.context())}) {
    auto is_tls = options.tls != nullptr;
    CAPTURE(is_tls);
    io_threads threads{1};
    std::atomic<int> arrivals{0};
    net::listener door{
        threads.pointers(), options,
        [&](net::io_thread&, const std::shared_ptr<net::http_session>&) {
          if (++arrivals == 1)
            go_wrong();
        }};
    door.open();
    threads.start();
    auto port = door.bound().at(0).port;
    if (is_tls)
      CHECK(ask(*std::make_unique<tls_peer>(port)).empty());
    else
      CHECK(tcp_peer{port}.at_end());
    CHECK(eventually([&] { return door.ledger()->total() == 0; }));
    auto second = is_tls ? nullptr : std::make_unique<tcp_peer>(port);
    auto secured = is_tls ? std::make_unique<tls_peer>(port) : nullptr;
    CHECK(eventually([&] { return arrivals == 2; }));
    call_on(threads[0], [&] { door.close(); });
    threads.stop();
  }
}

// -- WebSockets ---------------------------------------------------------------

TEST_CASE("a handler that throws over a frame ends its connection with 1011, "
          "and no other") {
  websocket_server::script script;
  script.on_frame = [](net::websocket_session& session, std::string_view x) {
    if (x == "bad")
      go_wrong();
    session.send(std::string{x});
  };
  websocket_server server{{}, script};
  websocket_peer other{server.port()};
  websocket_peer peer{server.port()};
  peer.send("bad");
  CHECK(peer.receive_close().code == 1011);
  CHECK(server.ends.take().reason == errc::internal);
  other.send("good");
  CHECK(other.receive() == "good");
}

// -- the gate -----------------------------------------------------------------

TEST_CASE("a check of a credential that throws sends that visitor away") {
  io_threads threads{1};
  threads.start();
  std::unique_ptr<net::gate> gate;
  std::uint16_t port = 0;
  std::atomic<int> passed{0};
  call_on(threads[0], [&] {
    net::gate_options options;
    options.greeting = "tales/1";
    gate = std::make_unique<net::gate>(
        threads[0], options,
        [](const std::string& word, const net::gate::verdict& say) {
          if (word == "bad")
            go_wrong();
          say("a name");
        },
        [&](int socket, const std::string&) {
          ::close(socket);
          ++passed;
          go_wrong();
        });
    port = gate->open({"127.0.0.1", 0}).value().port;
  });
  CHECK(net::pass_gate({"127.0.0.1", port}, "tales/1", "bad", 10s).has_error());
  for (auto i = 0; i < 2; ++i) {
    auto visitor = net::pass_gate({"127.0.0.1", port}, "tales/1", "good", 10s);
    REQUIRE(visitor.has_value());
    ::close(*visitor);
  }
  CHECK(eventually([&] { return passed == 2; }));
  call_on(threads[0], [&] { gate->close(); });
  threads.stop();
}
