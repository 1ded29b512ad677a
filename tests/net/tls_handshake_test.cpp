#include "support/http_peer.hpp"
#include "support/http_server.hpp"
#include "support/tls_pair.hpp"
#include "support/tls_peer.hpp"

#include <doctest/doctest.h>
#include <openssl/ssl.h>

using namespace bridgekeeper;
using namespace test;

// -- certificates of clients --------------------------------------------------

namespace {

auto showing(const tls_pair& pair) {
  return [&pair](SSL_CTX&, SSL& ssl) {
    SSL_use_certificate_file(&ssl, pair.certificate().c_str(),
                             SSL_FILETYPE_PEM);
    SSL_use_PrivateKey_file(&ssl, pair.key().c_str(), SSL_FILETYPE_PEM);
  };
}

net::tls_context_ptr asking(const tls_pair& pair, const tls_pair& friends,
                            net::client_certificates rule) {
  auto options = pair.options();
  options.client_ca = friends.certificate();
  options.clients = rule;
  return net::make_server_tls(options);
}

} // namespace

TEST_CASE(
    "where clients must show a certificate, none and others are refused") {
  tls_pair pair;
  tls_pair friends;
  tls_pair strangers;
  http_server server{
      answering("hello"),
      loopback_with(asking(pair, friends, net::client_certificates::required)),
      1};
  tls_peer nobody{server.port()};
  CHECK(ask(nobody).empty());
  tls_peer stranger{server.port(), showing(strangers)};
  CHECK(ask(stranger).empty());
  CHECK(server.requests.empty());
  tls_peer known{server.port(), showing(friends)};
  CHECK(ask(known) == "hello");
}

TEST_CASE("where clients may show a certificate, a bad one is refused") {
  tls_pair pair;
  tls_pair friends;
  tls_pair strangers;
  http_server server{
      answering("hello"),
      loopback_with(asking(pair, friends, net::client_certificates::optional)),
      1};
  tls_peer nobody{server.port()};
  CHECK(ask(nobody) == "hello");
  tls_peer stranger{server.port(), showing(strangers)};
  CHECK(ask(stranger).empty());
  tls_peer known{server.port(), showing(friends)};
  CHECK(ask(known) == "hello");
}

// -- what is no handshake -----------------------------------------------------

TEST_CASE("plain HTTP to a TLS port is told so") {
  tls_pair pair;
  http_server server{{}, loopback_with(pair.context()), 1};
  http_peer peer{server.port()};
  peer.get("/");
  auto answer = peer.read_answer();
  CHECK(answer.status == 400);
  CHECK(answer.body
        == R"({"detail":"This port speaks TLS: use https:// or wss://",)"
           R"("code":"bad_request","retryable":false,"retry_after_s":null})");
  CHECK(peer.at_end());
  CHECK(server.sessions.empty());
}

TEST_CASE("rubbish for a handshake is refused and nobody else minds") {
  tls_pair pair;
  http_server server{answering("hello"), loopback_with(pair.context()), 1};
  for (std::string_view rubbish :
       {std::string_view{"\x16\x03\x01\x00\x05xxxxx", 10},
        std::string_view{"\x16\xff\xff\xff\xff\xff\xff", 7},
        std::string_view{"\0", 1}}) {
    tcp_peer peer{server.port()};
    peer.write(rubbish);
    peer.shutdown_send();
    std::ignore = peer.read_to_end();
  }
  tls_peer peer{server.port()};
  CHECK(ask(peer) == "hello");
  CHECK(eventually([&] { return server.door().ledger()->total() == 1; }));
}

TEST_CASE("a peer that stalls in the handshake is closed by the deadline") {
  tls_pair pair;
  auto options = loopback_with(pair.context());
  options.tls_handshake_timeout = std::chrono::milliseconds{50};
  http_server server{{}, options, 1};
  for (std::string_view start :
       {std::string_view{}, std::string_view{"\x16"},
        std::string_view{"\x16\x03\x01\x02\x00\x01\x00", 7}}) {
    tcp_peer peer{server.port()};
    peer.write(start);
    CHECK(peer.at_end());
  }
  CHECK(server.sessions.empty());
  CHECK(eventually([&] { return server.door().ledger()->total() == 0; }));
}

TEST_CASE("a handshake under way counts as a connection") {
  tls_pair pair;
  auto options = loopback_with(pair.context());
  options.limits.total = 1;
  http_server server{answering("hello"), options, 1};
  auto stalled = std::make_unique<tcp_peer>(server.port());
  CHECK(eventually([&] { return server.door().ledger()->total() == 1; }));
  CHECK_FALSE(tls_peer{server.port()}.is_secured());
  stalled.reset();
  CHECK(eventually([&] { return server.door().ledger()->total() == 0; }));
  tls_peer peer{server.port()};
  CHECK(ask(peer) == "hello");
}
