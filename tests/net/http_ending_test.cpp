#include "support/http_peer.hpp"
#include "support/http_server.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace bridgekeeper;
using namespace test;

namespace {

/// An owner that leaves while it is being called, and tells whether it was
/// still there when the call returned.
class leaving_owner : public net::http_owner {
public:
  leaving_owner(std::shared_ptr<net::http_session> session,
                inbox<bool>& survived)
    : session_(std::move(session)), survived_(survived) {}

  ~leaving_owner() override {
    *gone_ = true;
  }

  void on_request(const net::http_request&) override {
    auto gone = gone_;
    auto& survived = survived_;
    session_->abandon();
    survived.push(!*gone);
  }

  void on_writable() override {}

  void on_end(const net::session_end&) override {}

private:
  std::shared_ptr<bool> gone_ = std::make_shared<bool>(false);
  std::shared_ptr<net::http_session> session_;
  inbox<bool>& survived_;
};

} // namespace

// -- the peer leaves ----------------------------------------------------------

TEST_CASE("a peer that leaves between requests ends the session once") {
  http_server server{answering("x")};
  http_peer peer{server.port()};
  peer.get("/");
  std::ignore = peer.read_answer();
  SUBCASE("with a good-bye") {
    peer.close();
  }
  SUBCASE("without one") {
    peer.reset();
  }
  auto end = server.ends.take();
  CHECK(end.reason == errc::peer_closed);
  CHECK_FALSE(end.detail.empty());
  CHECK(server.door().ledger()->total() == 0);
  CHECK(server.threads()[0].connections == 0);
}

TEST_CASE("a peer that leaves in the middle of a request ends the session") {
  http_server server{answering("x")};
  for (auto text :
       {"GET / HT", "GET / HTTP/1.1\r\n",
        "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nab"}) {
    CAPTURE(text);
    http_peer peer{server.port()};
    peer.write(text);
    peer.close();
    CHECK(server.ends.take().reason == errc::peer_closed);
  }
  CHECK(server.requests.empty());
}

TEST_CASE("a peer that leaves before its answer ends the session after it") {
  http_server server;
  http_peer peer{server.port()};
  peer.get("/slow");
  auto session = server.sessions.take();
  server.requests.take();
  peer.close();
  session([](net::http_session& x) { x.respond(text_answer("too late")); });
  CHECK(server.ends.take().reason == errc::peer_closed);
  CHECK(server.door().ledger()->total() == 0);
}

TEST_CASE("a peer that hangs up before its answer is noticed without one") {
  net::http_options options;
  options.request_timeout = std::chrono::milliseconds{100};
  http_server server{{}, options};
  http_peer peer{server.port()};
  peer.get("/slow");
  server.requests.take();
  SUBCASE("with a good-bye") {
    peer.close();
  }
  SUBCASE("without one") {
    peer.reset();
  }
  CHECK(server.ends.take().reason == errc::peer_closed);
  CHECK(server.door().ledger()->total() == 0);
}

TEST_CASE("a request that comes while another is answered is kept") {
  http_server server;
  http_peer peer{server.port()};
  peer.get("/1");
  auto session = server.sessions.take();
  CHECK(server.requests.take().target == "/1");
  peer.get("/2");
  session([](net::http_session& x) { x.respond(text_answer("one")); });
  CHECK(peer.read_answer().body == "one");
  CHECK(server.requests.take().target == "/2");
  session([](net::http_session& x) { x.respond(text_answer("two")); });
  CHECK(peer.read_answer().body == "two");
}

TEST_CASE("a peer that says no more cannot be streamed to") {
  http_server server;
  http_peer peer{server.port()};
  peer.get("/stream");
  peer.shutdown_send();
  auto session = server.sessions.take();
  server.requests.take();
  session([](net::http_session& x) { x.begin_stream({}); });
  CHECK(server.ends.take().reason == errc::peer_closed);
}

TEST_CASE("a stream that begins late ends when its reader hangs up") {
  http_server server;
  http_peer peer{server.port()};
  peer.get("/stream");
  auto session = server.sessions.take();
  server.requests.take();
  session([](net::http_session& x) { x.begin_stream({}); });
  std::ignore = peer.read_until("\r\n\r\n");
  peer.close();
  CHECK(server.ends.take().reason == errc::peer_closed);
}

TEST_CASE("a peer that leaves in the middle of its answer ends the session") {
  http_server server{answering(std::string(50'000'000, 'x'))};
  http_peer peer{server.port(), 4096};
  peer.get("/large");
  CHECK(peer.read_exactly(100'000).size() == 100'000);
  peer.reset();
  CHECK(server.ends.take().reason == errc::peer_closed);
}

TEST_CASE("a peer that does not read its answer is cut off") {
  net::http_options options;
  options.pace.stall_timeout = std::chrono::milliseconds{100};
  http_server server{answering(std::string(50'000'000, 'x')), options};
  http_peer peer{server.port(), 4096};
  peer.get("/large");
  CHECK(server.ends.take().reason == errc::request_timeout);
  CHECK(server.door().ledger()->total() == 0);
}

TEST_CASE("a peer that says no more still gets its answer") {
  http_server server;
  http_peer peer{server.port()};
  peer.get("/slow");
  peer.shutdown_send();
  auto session = server.sessions.take();
  server.requests.take();
  session([](net::http_session& x) { x.respond(text_answer("done")); });
  CHECK(peer.read_answer().body == "done");
  CHECK(peer.at_end());
}

// -- the owner leaves ---------------------------------------------------------

TEST_CASE("an abandoned session closes without a call to its owner") {
  http_server server;
  http_peer peer{server.port()};
  auto session = server.sessions.take();
  SUBCASE("before a request") {}
  SUBCASE("with a request at hand") {
    peer.get("/");
    server.requests.take();
  }
  session([](net::http_session& x) { x.abandon(); });
  CHECK(peer.at_end());
  CHECK(eventually([&] { return server.door().ledger()->total() == 0; }));
  CHECK(server.ends.empty());
}

TEST_CASE("an answer under way goes out before an abandoned session closes") {
  std::string text(5'000'000, 'x');
  http_server server;
  http_peer peer{server.port(), 4096};
  peer.get("/");
  auto session = server.sessions.take();
  server.requests.take();
  session([&text](net::http_session& x) {
    x.respond(text_answer(text));
    x.abandon();
  });
  CHECK(peer.read_answer().body == text);
  CHECK(peer.at_end());
  peer.close();
  CHECK(eventually([&] { return server.door().ledger()->total() == 0; }));
  CHECK(server.ends.empty());
}

TEST_CASE("abandoning twice is no more than once") {
  http_server server;
  http_peer peer{server.port()};
  auto session = server.sessions.take();
  session([](net::http_session& x) {
    x.abandon();
    x.abandon();
    x.respond(text_answer("too late"));
  });
  CHECK(peer.at_end());
  CHECK(server.ends.empty());
}

TEST_CASE("an owner that leaves during its own call lives until it returns") {
  inbox<bool> survived;
  io_threads threads{1};
  net::listener door{
      threads.pointers(), loopback(),
      [&](net::io_thread&, std::shared_ptr<net::http_session> session) {
        auto owner = std::make_unique<leaving_owner>(session, survived);
        session->start(std::move(owner));
      }};
  door.open();
  threads.start();
  http_peer peer{door.bound().at(0).port};
  peer.get("/");
  CHECK(survived.take());
  call_on(threads[0], [&door] { door.close(); });
}

TEST_CASE("a session that ends lets go of its owner") {
  auto held = std::make_shared<int>();
  std::weak_ptr<int> watched = held;
  struct holder : net::http_owner {
    std::shared_ptr<int> held;
    void on_request(const net::http_request&) override {}
    void on_writable() override {}
    void on_end(const net::session_end&) override {}
  };
  io_threads threads{1};
  net::listener door{
      threads.pointers(), loopback(),
      [&](net::io_thread&, std::shared_ptr<net::http_session> session) {
        auto owner = std::make_unique<holder>();
        owner->held = std::move(held);
        session->start(std::move(owner));
      }};
  door.open();
  threads.start();
  http_peer{door.bound().at(0).port}.close();
  CHECK(eventually([&watched] { return watched.expired(); }));
  call_on(threads[0], [&door] { door.close(); });
}
