#include "support/http_peer.hpp"
#include "support/websocket_frames.hpp"
#include "support/websocket_peer.hpp"
#include "support/websocket_server.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace bridgekeeper;
using namespace std::chrono_literals;
using namespace test;

namespace {

const auto replaced = protocol::make_close_reason(errc::replaced);

void close_replaced(net::websocket_session& x) {
  x.close(replaced, errc::replaced);
}

net::websocket_options impatient() {
  net::websocket_options out;
  out.close_timeout = 100ms;
  out.ping_interval = 100ms;
  return out;
}

} // namespace

// -- we close -----------------------------------------------------------------

TEST_CASE("a close tells the peer its code and its reason") {
  websocket_server server;
  websocket_peer peer{server.port()};
  server.sessions.take()(close_replaced);
  CHECK(peer.receive_close()
        == close_frame{4002, "Replaced by new connection"});
  auto end = server.ends.take();
  CHECK(end.reason == errc::replaced);
  CHECK(end.detail == "Replaced by new connection");
  CHECK(eventually([&server] { return server.ledger().total() == 0; }));
}

TEST_CASE("what is queued goes out before the close") {
  websocket_server server;
  websocket_peer peer{server.port(), 4096};
  server.sessions.take()([](net::websocket_session& x) {
    for (auto i = 0; i < 100; ++i)
      x.send(std::string(20'000, 'x') + std::to_string(i));
    close_replaced(x);
    x.send("too late");
  });
  CHECK(peer.receive_close().code == 4002);
  REQUIRE(peer.leftovers().size() == 100);
  for (auto i = 0; i < 100; ++i)
    CHECK(peer.leftovers()[static_cast<std::size_t>(i)]
          == std::string(20'000, 'x') + std::to_string(i));
}

TEST_CASE("what is queued before the upgrade is answered goes out too") {
  websocket_server server{{},
                          {[](net::websocket_session& x) {
                             x.send("hello");
                             close_replaced(x);
                           },
                           {}}};
  websocket_peer peer{server.port()};
  CHECK(peer.receive_close().code == 4002);
  CHECK(peer.leftovers() == std::vector<std::string>{"hello"});
}

TEST_CASE("only the first close counts") {
  websocket_server server;
  websocket_peer peer{server.port()};
  server.sessions.take()([](net::websocket_session& x) {
    close_replaced(x);
    x.close(protocol::make_close_reason(errc::internal), errc::internal);
  });
  CHECK(peer.receive_close().code == 4002);
  CHECK(server.ends.take().reason == errc::replaced);
}

TEST_CASE("messages that arrive after our close are not passed on") {
  websocket_server server;
  websocket_peer peer{server.port()};
  server.sessions.take()(close_replaced);
  for (auto i = 0; i < 100; ++i)
    peer.write_raw(client_frame(opcode::text, "late"));
  CHECK(peer.receive_close().code == 4002);
  server.ends.take();
  CHECK(server.frames.empty());
}

TEST_CASE("a peer that does not answer our close is cut off") {
  websocket_server server{impatient()};
  http_peer peer{server.port()};
  peer.upgrade();
  server.sessions.take()(close_replaced);
  auto frame = "\x88\x1c\x0f\xa2" + replaced.text;
  CHECK(peer.read_exactly(frame.size()) == frame);
  CHECK(server.ends.take().reason == errc::replaced);
  CHECK(peer.at_end());
}

TEST_CASE("a peer that answers our close but keeps the socket is cut off") {
  websocket_server server{impatient()};
  http_peer peer{server.port()};
  peer.upgrade();
  server.sessions.take()(close_replaced);
  peer.write(client_frame(opcode::close, close_payload(4002, "")));
  CHECK(server.ends.take().reason == errc::replaced);
  CHECK(eventually([&server] { return server.ledger().total() == 0; }));
}

// -- the peer closes ----------------------------------------------------------

TEST_CASE("a peer's close is answered and reported") {
  websocket_server server;
  websocket_peer peer{server.port()};
  peer.close(1000, "done");
  auto end = server.ends.take();
  CHECK(end.reason == errc::peer_closed);
  CHECK(end.detail == "closed by peer with 1000 done");
  CHECK(eventually([&server] { return server.ledger().total() == 0; }));
}

TEST_CASE("a peer's close echoes its code") {
  websocket_server server;
  http_peer peer{server.port()};
  peer.upgrade();
  peer.write(client_frame(opcode::close, close_payload(3333, "bye")));
  CHECK(peer.read_exactly(4) == "\x88\x02\x0d\x05");
  CHECK(peer.at_end());
}

TEST_CASE("a peer's 1014 is echoed and reported like any other close") {
  websocket_server server;
  http_peer peer{server.port()};
  peer.upgrade();
  peer.write(client_frame(opcode::close, close_payload(1014, "bad gateway")));
  CHECK(peer.read_exactly(4) == "\x88\x02\x03\xf6");
  CHECK(peer.at_end());
  auto end = server.ends.take();
  CHECK(end.reason == errc::peer_closed);
  CHECK(end.detail == "closed by peer with 1014 bad gateway");
}

TEST_CASE("a close code of 5000 or above breaks the protocol") {
  for (auto code : {std::uint16_t{5000}, std::uint16_t{65'535}}) {
    websocket_server server;
    http_peer peer{server.port()};
    peer.upgrade();
    peer.write(client_frame(opcode::close, close_payload(code, "")));
    CHECK(peer.read_exactly(4) == "\x88\x02\x03\xea");
    CHECK(peer.at_end());
    server.ends.take();
  }
}

TEST_CASE("a peer that is gone without a close is reported once") {
  websocket_server server;
  http_peer peer{server.port()};
  peer.upgrade();
  server.sessions.take();
  SUBCASE("with a good-bye of TCP") {
    peer.close();
  }
  SUBCASE("without one") {
    peer.reset();
  }
  SUBCASE("in the middle of a frame") {
    peer.write(frame_head(opcode::text, 100) + "abc");
    peer.close();
  }
  CHECK(server.ends.take().reason == errc::peer_closed);
  CHECK(eventually([&server] { return server.ledger().total() == 0; }));
  call_on(server.thread(), [] {});
  CHECK(server.ends.empty());
}

TEST_CASE("a peer that closes but keeps the socket is cut off") {
  websocket_server server{impatient()};
  http_peer peer{server.port()};
  peer.upgrade();
  peer.write(client_frame(opcode::close, close_payload(1000, "")));
  CHECK(server.ends.take().reason == errc::peer_closed);
  CHECK(eventually([&server] { return server.ledger().total() == 0; }));
}

TEST_CASE("a peer that breaks the rules but keeps the socket is cut off") {
  websocket_server server{impatient()};
  http_peer peer{server.port()};
  peer.upgrade();
  peer.write(client_frame(opcode::text, "\xff"));
  server.ends.take();
  CHECK(eventually([&server] { return server.ledger().total() == 0; }));
}

TEST_CASE("closes that cross are one end") {
  websocket_server server;
  websocket_peer peer{server.port()};
  auto session = server.sessions.take();
  peer.write_raw(client_frame(opcode::close, close_payload(1000, "")));
  try {
    session(close_replaced);
  } catch (const std::logic_error&) {
    // It had ended already.
  }
  server.ends.take();
  CHECK(eventually([&server] { return server.ledger().total() == 0; }));
  call_on(server.thread(), [] {});
  CHECK(server.ends.empty());
}

// -- the owner leaves ---------------------------------------------------------

TEST_CASE("an abandoned session closes without a call to its owner") {
  websocket_server server;
  websocket_peer peer{server.port()};
  server.sessions.take()([](net::websocket_session& x) {
    x.send("last words");
    x.abandon(replaced, errc::replaced);
  });
  for (auto i = 0; i < 10; ++i)
    peer.write_raw(client_frame(opcode::text, "hello?"));
  CHECK(peer.receive_close().code == 4002);
  CHECK(peer.leftovers() == std::vector<std::string>{"last words"});
  CHECK(eventually([&server] { return server.ledger().total() == 0; }));
  CHECK(server.frames.empty());
  CHECK(server.ends.empty());
}

TEST_CASE("an owner may leave while it is being called") {
  websocket_server server{
      {}, {{}, [](net::websocket_session& x, std::string_view payload) {
             x.abandon(replaced, errc::replaced);
             CHECK(payload == "hello");
           }}};
  websocket_peer peer{server.port()};
  peer.write_raw(client_frame(opcode::text, "hello")
                 + client_frame(opcode::text, "anybody there?"));
  CHECK(peer.receive_close().code == 4002);
  CHECK(server.frames.take().payload == "hello");
  CHECK(server.frames.empty());
  CHECK(server.ends.empty());
}

TEST_CASE("an abandoned session whose peer is stuck is cut off") {
  websocket_server server{impatient()};
  http_peer peer{server.port(), 4096};
  peer.upgrade();
  server.sessions.take()([](net::websocket_session& x) {
    x.send(std::string(7'000'000, 'x'));
    x.abandon(replaced, errc::replaced);
  });
  CHECK(eventually([&server] { return server.ledger().total() == 0; }));
  CHECK(server.ends.empty());
}

TEST_CASE("a session abandoned before its upgrade is answered closes") {
  websocket_server server{
      {},
      {[](net::websocket_session& x) { x.abandon(replaced, errc::replaced); },
       {}}};
  websocket_peer peer{server.port()};
  CHECK(peer.receive_close().code == 4002);
  CHECK(eventually([&server] { return server.ledger().total() == 0; }));
  CHECK(server.ends.empty());
}
