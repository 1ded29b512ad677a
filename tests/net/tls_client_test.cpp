#include "net/websocket_client.hpp"
#include "support/tls_pair.hpp"
#include "support/websocket_server.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <optional>

using namespace bridgekeeper;
using namespace test;

namespace {

struct outcome {
  net::websocket_end end;
  /// What was echoed.
  std::string heard;
};

/// Connects, has "hello" echoed and closes.
outcome visit(std::string host, std::uint16_t port,
              std::optional<net::client_tls_options> tls) {
  boost::asio::io_context context{1};
  net::websocket_client_options options;
  options.server = {std::move(host), port};
  options.tls = std::move(tls);
  outcome out;
  std::optional<net::websocket_client> client;
  client.emplace(context, options,
                 net::websocket_client::handlers{
                     [&] { client->send("hello"); },
                     [&](std::string_view text) {
                       out.heard = text;
                       client->close(1000);
                     },
                     {},
                     [&](const net::websocket_end& end) { out.end = end; }});
  client->start();
  context.run_for(patience);
  return out;
}

net::client_tls_options signed_by(const tls_pair& pair) {
  net::client_tls_options out;
  out.ca = pair.certificate();
  return out;
}

net::client_tls_options pinning(std::string fingerprint) {
  net::client_tls_options out;
  out.fingerprint = std::move(fingerprint);
  return out;
}

} // namespace

TEST_CASE("a client speaks TLS with a server whose signer it trusts") {
  tls_pair pair;
  websocket_server server{{}, echo(), loopback_with(pair.context())};
  CHECK(visit("127.0.0.1", server.port(), signed_by(pair)).heard == "hello");
  CHECK(visit("localhost", server.port(), signed_by(pair)).heard == "hello");
}

TEST_CASE("a client speaks TLS with the certificate that it was told") {
  tls_pair pair;
  websocket_server server{{}, echo(), loopback_with(pair.context())};
  auto exact = pair.fingerprint();
  CHECK(visit("127.0.0.1", server.port(), pinning(exact)).heard == "hello");
  std::string bare;
  for (auto c : exact)
    if (c != ':')
      bare += static_cast<char>(std::tolower(c));
  CHECK(visit("127.0.0.1", server.port(), pinning(bare)).heard == "hello");
  net::client_tls_options by_file;
  by_file.pinned_certificate = pair.certificate();
  CHECK(visit("127.0.0.1", server.port(), by_file).heard == "hello");
}

TEST_CASE("a certificate that nobody vouches for is not trusted") {
  tls_pair pair;
  tls_pair other;
  websocket_server server{{}, echo(), loopback_with(pair.context())};
  for (const auto& tls : {net::client_tls_options{}, signed_by(other),
                          pinning(other.fingerprint())}) {
    auto seen = visit("127.0.0.1", server.port(), tls);
    CHECK(seen.end.untrusted);
    CHECK(seen.heard.empty());
    // So that a person can compare it with what the daemon printed.
    CHECK(seen.end.reason.ends_with(pair.fingerprint()));
  }
  CHECK(server.sessions.empty());
}

TEST_CASE("a certificate that is not the expected one says how to trust it") {
  tls_pair pair;
  tls_pair other;
  websocket_server server{{}, echo(), loopback_with(pair.context())};
  auto seen = visit("127.0.0.1", server.port(), pinning(other.fingerprint()));
  CHECK(seen.end.reason.find("trust it with --tls-fingerprint "
                             + pair.fingerprint())
        != std::string::npos);
}

TEST_CASE("a certificate for another name is not trusted") {
  tls_pair pair;
  auto options = loopback_with(pair.context());
  options.endpoints = {{"127.0.0.2", 0}};
  websocket_server server{{}, echo(), options};
  auto seen = visit("127.0.0.2", server.port(), signed_by(pair));
  CHECK(seen.end.untrusted);
  CHECK(seen.end.reason.find("IP address mismatch") != std::string::npos);
}

TEST_CASE("a client that speaks TLS to a plain port is told so") {
  tls_pair pair;
  websocket_server server{{}, echo()};
  auto seen = visit("127.0.0.1", server.port(), signed_by(pair));
  CHECK(seen.end.untrusted);
  CHECK(seen.end.reason
        == "it does not speak TLS on this port; use http:// or ws://");
}

TEST_CASE("a client that speaks plainly to a TLS port is told so") {
  tls_pair pair;
  websocket_server server{{}, echo(), loopback_with(pair.context())};
  auto seen = visit("127.0.0.1", server.port(), std::nullopt);
  CHECK(seen.end.http_status == 400);
  CHECK(seen.end.reason.starts_with(
      R"({"detail":"This port speaks TLS: use https:// or wss://")"));
}

TEST_CASE("a client shows its certificate to a server that asks") {
  tls_pair pair;
  tls_pair friends;
  auto options = pair.options();
  options.clients = net::client_certificates::required;
  options.client_ca = friends.certificate();
  websocket_server server{
      {}, echo(), loopback_with(net::make_server_tls(options))};
  auto tls = signed_by(pair);
  CHECK(visit("127.0.0.1", server.port(), tls).heard.empty());
  tls.certificate = friends.certificate();
  tls.key = friends.key();
  CHECK(visit("127.0.0.1", server.port(), tls).heard == "hello");
}

TEST_CASE("a file of a client's that cannot be used is named") {
  net::client_tls_options tls;
  tls.ca = "/nowhere/ca.pem";
  tls_pair pair;
  websocket_server server{{}, echo(), loopback_with(pair.context())};
  auto seen = visit("127.0.0.1", server.port(), tls);
  CHECK(seen.end.untrusted);
  CHECK(seen.end.reason.starts_with("cannot use the CA /nowhere/ca.pem: "));
}
