#include "net/websocket_session.hpp"
#include "support/http_peer.hpp"
#include "support/websocket_frames.hpp"
#include "support/websocket_peer.hpp"
#include "support/websocket_server.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace std::chrono_literals;
using namespace test;

// -- the upgrade --------------------------------------------------------------

TEST_CASE("an upgrade is answered as RFC 6455 wants it") {
  websocket_server server;
  http_peer peer{server.port()};
  auto answer = peer.upgrade();
  CHECK(answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  // The accept value for the key of the RFC's own example (1.3).
  CHECK(
      answer.find("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")
      != std::string::npos);
  CHECK(answer.find("Sec-WebSocket-Extensions") == std::string::npos);
  // As with every answer, and which library speaks is nobody's business.
  CHECK(answer.find("\r\nX-Content-Type-Options: nosniff\r\n")
        != std::string::npos);
  CHECK(answer.find("\r\nServer: bridgekeeper\r\n") != std::string::npos);
  CHECK(answer.find("\r\nDate: ") != std::string::npos);
}

TEST_CASE("an offered compression is declined") {
  websocket_server server{{}, echo()};
  http_peer peer{server.port()};
  auto answer = peer.upgrade("Sec-WebSocket-Extensions: permessage-deflate; "
                             "client_max_window_bits\r\n"
                             "Origin: https://elsewhere\r\n");
  CHECK(answer.find("deflate") == std::string::npos);
  peer.write(client_frame(opcode::text, "hello"));
  CHECK(peer.read_exactly(7) == "\x81\x05hello");
}

TEST_CASE("an upgrade that is not one ends the session") {
  websocket_server server;
  http_peer peer{server.port()};
  peer.write("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  CHECK(peer.read_answer().status == 400);
  auto end = server.ends.take();
  CHECK(end.reason == errc::peer_closed);
  CHECK(end.detail.starts_with("upgrade: "));
  CHECK(server.ledger().total() == 0);
}

TEST_CASE("a websocket is counted as the connection it was before") {
  websocket_server server;
  {
    websocket_peer peer{server.port()};
    server.sessions.take();
    CHECK(server.ledger().total() == 1);
    CHECK(server.thread().connections == 1);
  }
  server.ends.take();
  CHECK(server.ledger().total() == 0);
  CHECK(server.thread().connections == 0);
}

// -- messages -----------------------------------------------------------------

TEST_CASE("messages go both ways in order") {
  websocket_server server{{}, echo()};
  websocket_peer peer{server.port()};
  for (auto i = 0; i < 500; ++i)
    peer.send(std::to_string(i));
  for (auto i = 0; i < 500; ++i) {
    REQUIRE(peer.receive() == std::to_string(i));
    REQUIRE_FALSE(peer.got_binary());
  }
}

TEST_CASE("a message may be empty or have any length a head can tell") {
  websocket_server server{{}, echo()};
  websocket_peer peer{server.port()};
  for (std::size_t size :
       {0, 1, 125, 126, 127, 1535, 1536, 1537, 65'535, 65'536, 1'000'000}) {
    CAPTURE(size);
    std::string text(size, 'x');
    peer.send(text);
    CHECK(peer.receive() == text);
  }
}

TEST_CASE("a message in several frames is one message") {
  websocket_server server{{}, echo()};
  websocket_peer peer{server.port()};
  peer.send_fragments({"a", "", "bc", std::string(5000, 'd'), ""});
  CHECK(peer.receive() == "abc" + std::string(5000, 'd'));
  CHECK(eventually([&server] { return server.frames.size() == 1; }));
}

TEST_CASE("a character may be split between frames") {
  websocket_server server{{}, echo()};
  websocket_peer peer{server.port()};
  peer.send_fragments({"\xF0\x9F", "\x98\x80"});
  CHECK(peer.receive() == "\U0001F600");
}

TEST_CASE("control frames may come between the frames of a message") {
  websocket_server server{{}, echo()};
  websocket_peer peer{server.port()};
  peer.write_raw(client_frame(opcode::text, "a", false)
                 + client_frame(opcode::ping, "p")
                 + client_frame(opcode::pong, "unasked")
                 + client_frame(opcode::continuation, "b"));
  CHECK(peer.receive() == "ab");
  CHECK(peer.pongs().at(0) == "p");
}

TEST_CASE("a binary message is marked as one") {
  websocket_server server;
  websocket_peer peer{server.port()};
  peer.send_binary(std::string{"\0\xff", 2});
  auto frame = server.frames.take();
  CHECK(frame.binary);
  CHECK(frame.payload == std::string{"\0\xff", 2});
  peer.send("text");
  CHECK_FALSE(server.frames.take().binary);
}

TEST_CASE("messages that arrive in one packet are all read") {
  websocket_server server;
  websocket_peer peer{server.port()};
  std::string packet;
  for (auto i = 0; i < 1000; ++i)
    packet += client_frame(opcode::text, std::to_string(i));
  peer.write_raw(packet);
  for (auto i = 0; i < 1000; ++i)
    REQUIRE(server.frames.take().payload == std::to_string(i));
}

// -- pings --------------------------------------------------------------------

TEST_CASE("a ping is answered with its own payload") {
  websocket_server server{{}, echo()};
  websocket_peer peer{server.port()};
  for (std::string payload : {"", "hello", "0123456789"}) {
    peer.ping(payload);
    peer.send("next");
    CHECK(peer.receive() == "next");
    CHECK(peer.pongs().back() == payload);
  }
  CHECK(eventually([&server] { return server.frames.size() == 3; }));
}

TEST_CASE("a silent peer is pinged and its pong counts as life") {
  net::websocket_options options;
  options.ping_interval = 30ms;
  websocket_server server{options};
  http_peer peer{server.port()};
  peer.upgrade();
  auto session = server.sessions.take();
  auto last_inbound = [&session] {
    return session([](auto& x) { return x.last_inbound(); });
  };
  auto before = last_inbound();
  CHECK(peer.read_exactly(2) == std::string{"\x89\0", 2});
  CHECK(last_inbound() == before);
  peer.write(client_frame(opcode::pong, ""));
  CHECK(eventually([&] { return last_inbound() > before; }));
  // And again, without end.
  CHECK(peer.read_exactly(4) == std::string{"\x89\0\x89\0", 4});
  CHECK(server.ends.empty());
}

TEST_CASE("a peer is pinged after one interval of silence and not two") {
  net::websocket_options options;
  options.ping_interval = 1s;
  websocket_server server{options};
  http_peer peer{server.port()};
  peer.upgrade();
  auto session = server.sessions.take();
  // A little later than the upgrade, so that a check at fixed intervals sees
  // less than one of silence.
  peer.write(client_frame(opcode::text, "alive"));
  server.frames.take();
  auto heard = session([](auto& x) { return x.last_inbound(); });
  CHECK(peer.read_exactly(2) == std::string{"\x89\0", 2});
  auto waited = std::chrono::steady_clock::now() - heard;
  CHECK(waited >= 1s);
  CHECK(waited < 1900ms);
}
