#include "support/http_server.hpp"
#include "support/tls_pair.hpp"
#include "support/tls_peer.hpp"
#include "support/websocket_server.hpp"

#include <doctest/doctest.h>
#include <openssl/ssl.h>

using namespace bridgekeeper;
using namespace test;

namespace {

auto only_version(int version) {
  return [version](SSL_CTX&, SSL& ssl) {
    // Below this level OpenSSL still offers what is out of date.
    SSL_set_security_level(&ssl, 0);
    SSL_set_min_proto_version(&ssl, version);
    SSL_set_max_proto_version(&ssl, version);
  };
}

auto only_cipher(const char* name) {
  return [name](SSL_CTX&, SSL& ssl) {
    SSL_set_max_proto_version(&ssl, TLS1_2_VERSION);
    SSL_set_cipher_list(&ssl, name);
  };
}

auto offering(std::string_view protocols) {
  return [protocols](SSL_CTX&, SSL& ssl) {
    SSL_set_alpn_protos(
        &ssl, reinterpret_cast<const unsigned char*>(protocols.data()),
        static_cast<unsigned>(protocols.size()));
  };
}

void upgrade(tls_peer& peer) {
  peer.write("GET /ws HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\n"
             "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  CHECK(peer.read_until("\r\n\r\n").starts_with("HTTP/1.1 101"));
}

} // namespace

// -- what is spoken -----------------------------------------------------------

TEST_CASE("requests are answered over TLS, one after the other") {
  tls_pair pair;
  http_server server{answering("hello"), loopback_with(pair.context()), 2};
  tls_peer peer{server.port()};
  CHECK(peer.is_secured());
  CHECK(peer.fingerprint() == pair.fingerprint());
  for (auto i = 0; i < 3; ++i)
    CHECK(ask(peer) == "hello");
}

TEST_CASE("large answers and bodies arrive whole over TLS") {
  tls_pair pair;
  std::string large(500'000, 'x');
  http_server server{answering(large), loopback_with(pair.context()), 1};
  tls_peer peer{server.port()};
  CHECK(peer.write("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 500000"
                   "\r\n\r\n"
                   + large));
  CHECK(server.requests.take().body == large);
  std::ignore = peer.read_until("\r\n\r\n");
  CHECK(peer.read_until(large) == large);
}

TEST_CASE("the newest version and an authenticated cipher are agreed upon") {
  tls_pair pair;
  http_server server{answering("hello"), loopback_with(pair.context()), 1};
  CHECK(tls_peer{server.port()}.agreement()
        == "TLSv1.3 TLS_AES_256_GCM_SHA384 ");
  CHECK(tls_peer{server.port(), only_version(TLS1_2_VERSION)}.agreement()
        == "TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256 ");
}

TEST_CASE("versions and ciphers that are out of date are refused") {
  tls_pair pair;
  http_server server{answering("hello"), loopback_with(pair.context()), 1};
  for (auto version : {TLS1_VERSION, TLS1_1_VERSION})
    CHECK_FALSE(tls_peer{server.port(), only_version(version)}.is_secured());
  for (auto name : {"ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256",
                    "DHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA"})
    CHECK_FALSE(tls_peer{server.port(), only_cipher(name)}.is_secured());
  CHECK(tls_peer{server.port(), only_cipher("ECDHE-ECDSA-CHACHA20-POLY1305")}
            .is_secured());
}

TEST_CASE("TLS 1.2 can be refused, too") {
  tls_pair pair;
  auto options = pair.options();
  options.only_tls_1_3 = true;
  http_server server{answering("hello"),
                     loopback_with(net::make_server_tls(options)), 1};
  CHECK_FALSE(
      tls_peer{server.port(), only_version(TLS1_2_VERSION)}.is_secured());
  CHECK(tls_peer{server.port(), only_version(TLS1_3_VERSION)}.is_secured());
}

TEST_CASE("HTTP/1.1 is chosen, and a client that wants other things refused") {
  tls_pair pair;
  http_server server{answering("hello"), loopback_with(pair.context()), 1};
  tls_peer browser{server.port(), offering("\x02h2\x08http/1.1")};
  CHECK(browser.agreement().ends_with(" http/1.1"));
  CHECK_FALSE(tls_peer{server.port(), offering("\x02h2")}.is_secured());
}

TEST_CASE("no session is resumed") {
  tls_pair pair;
  http_server server{answering("hello"), loopback_with(pair.context()), 1};
  for (auto version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    tls_peer first{server.port(), only_version(version)};
    CHECK(ask(first) == "hello");
    auto* session = SSL_get1_session(&first.native());
    CHECK(SSL_SESSION_has_ticket(session) == 0);
    tls_peer second{server.port(), [&](SSL_CTX& context, SSL& ssl) {
                      only_version(version)(context, ssl);
                      SSL_set_session(&ssl, session);
                    }};
    CHECK(ask(second) == "hello");
    CHECK(SSL_session_reused(&second.native()) == 0);
    SSL_SESSION_free(session);
  }
}

// -- WebSockets ---------------------------------------------------------------

TEST_CASE("a WebSocket is upgraded, echoes and closes over TLS") {
  tls_pair pair;
  websocket_server server{{}, echo(), loopback_with(pair.context())};
  tls_peer peer{server.port()};
  upgrade(peer);
  // A masked text frame with a mask of zeros, and a close frame (1000).
  peer.write(std::string{"\x81\x85\0\0\0\0hello", 11});
  CHECK(peer.read_until("hello") == "\x81\x05hello");
  peer.write(std::string{"\x88\x82\0\0\0\0\x03\xe8", 8});
  CHECK(peer.read_until(std::string{"\x88\x02\x03\xe8", 4}).size() == 4);
  CHECK(peer.read_to_farewell());
  CHECK(server.ends.take().reason == errc::peer_closed);
}

TEST_CASE("texts of many buffers arrive whole and in order over TLS") {
  constexpr std::size_t size = 8 * 1024;
  tls_pair pair;
  net::websocket_options options;
  options.output = std::make_shared<net::output_ledger>(1024 * 1024);
  websocket_server server{options, {}, loopback_with(pair.context())};
  tls_peer peer{server.port()};
  upgrade(peer);
  // Sent together: a frame's header, a copied beginning, the shared text, and a
  // copied end, over and over.
  server.sessions.take()([](net::websocket_session& x) {
    for (auto c = 'a'; c <= 'p'; ++c)
      x.send({"<", std::make_shared<const shared_text>(std::string(size, c)),
              ">"});
  });
  for (auto c = 'a'; c <= 'p'; ++c) {
    CAPTURE(c);
    CHECK(peer.read_exactly(4) == std::string{"\x81\x7e\x20\x02", 4});
    CHECK(peer.read_exactly(size + 2) == '<' + std::string(size, c) + '>');
  }
}

TEST_CASE("a frame over the limit is answered with 1009 over TLS") {
  tls_pair pair;
  net::websocket_options options;
  options.max_frame = 10;
  websocket_server server{options, {}, loopback_with(pair.context())};
  tls_peer peer{server.port()};
  upgrade(peer);
  peer.write(std::string{"\x81\xa0\0\0\0\0", 6} + std::string(32, 'x'));
  CHECK(peer.read_until("\x03\xf1").find("\x03\xf1") != std::string::npos);
  CHECK(peer.read_to_farewell());
}

// -- the end ------------------------------------------------------------------

TEST_CASE("the end of an answer is told apart from a cut") {
  tls_pair pair;
  http_server server{answering("hello"), loopback_with(pair.context()), 1};
  tls_peer peer{server.port()};
  peer.write("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  CHECK(peer.read_to_farewell());
}

TEST_CASE("a peer that is cut off ends its connection alone") {
  tls_pair pair;
  http_server server{answering("hello"), loopback_with(pair.context()), 1};
  { tls_peer gone{server.port()}; }
  CHECK(server.ends.take().reason == errc::peer_closed);
  CHECK(eventually([&] { return server.door().ledger()->total() == 0; }));
  CHECK(server.threads()[0].connections == 0);
  tls_peer peer{server.port()};
  CHECK(ask(peer) == "hello");
}

// -- another certificate ------------------------------------------------------

TEST_CASE("a renewed certificate is for new connections; open ones stand") {
  tls_pair before;
  tls_pair after;
  http_server server{answering("hello"), loopback_with(before.context()), 2};
  tls_peer old{server.port()};
  CHECK(ask(old) == "hello");
  call_on(server.threads()[0],
          [&] { server.door().renew_tls(after.context()); });
  tls_peer young{server.port()};
  CHECK(young.fingerprint() == after.fingerprint());
  CHECK(ask(young) == "hello");
  CHECK(ask(old) == "hello");
}
