#include "support/http_peer.hpp"
#include "support/websocket_frames.hpp"
#include "support/websocket_server.hpp"

#include <doctest/doctest.h>

#include <array>
#include <future>
#include <string>

using namespace bridgekeeper;
using namespace test;

namespace {

/// Two peers that send the same at the same time, so that what the server
/// answers them is put off: each waits for more from the other.
struct two_peers {
  websocket_server server{{}, echo()};
  std::array<http_peer, 2> peers{http_peer{server.port()},
                                 http_peer{server.port()}};

  two_peers() {
    for (auto& x : peers)
      x.upgrade();
    for (auto i = 0; i < 2; ++i)
      server.sessions.take();
  }

  void send(const std::string& bytes) {
    std::promise<void> sent;
    server.thread().post(
        [all_is_there = sent.get_future().share()] { all_is_there.wait(); });
    for (auto& x : peers)
      x.write(bytes);
    sent.set_value();
  }

  void both_get(const std::string& bytes) {
    for (auto& x : peers)
      CHECK(x.read_exactly(bytes.size()) == bytes);
  }
};

const auto a = client_frame(opcode::text, "a");
const auto b = client_frame(opcode::text, "b");

} // namespace

TEST_CASE_FIXTURE(two_peers, "what was sent before a ping came goes out before "
                             "its pong") {
  send(a + client_frame(opcode::ping, "p") + b);
  both_get("\x81\x01"
           "a\x8A\x01p\x81\x01"
           "b");
}

TEST_CASE_FIXTURE(two_peers, "what was sent before the peer closed goes out "
                             "before the answer to that") {
  send(a + b + client_frame(opcode::close, close_payload(1000, "")));
  both_get("\x81\x01"
           "a\x81\x01"
           "b\x88\x02\x03\xE8");
}

TEST_CASE_FIXTURE(two_peers,
                  "what was sent before the peer broke the rules "
                  "goes out before it is told so, and nothing after") {
  send(a + b + client_frame(opcode::ping, std::string(126, 'x')) + a);
  both_get("\x81\x01"
           "a\x81\x01"
           "b\x88\x02\x03\xEA");
  for (auto& x : peers)
    CHECK(x.read_to_end().empty());
}
