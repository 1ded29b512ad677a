#include "net/close_code_watch.hpp"
#include "support/websocket_frames.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::net;
using namespace bridgekeeper::test;

namespace {

std::string close_frame_of(std::uint16_t code, std::string_view reason = {}) {
  return client_frame(opcode::close, close_payload(code, reason));
}

/// The close frame that we answer with, where Beast would answer with `code`.
std::uint16_t answered(std::uint16_t peer, std::uint16_t code,
                       std::string_view reason = {}) {
  close_code_watch aut;
  aut.on_received(close_frame_of(peer, reason));
  auto frame = "\x88\x02" + close_payload(code, "");
  aut.correct_answer(frame);
  CHECK(frame.size() == 4);
  return static_cast<std::uint16_t>(static_cast<unsigned char>(frame[2]) * 256
                                    + static_cast<unsigned char>(frame[3]));
}

} // namespace

TEST_CASE("close codes that a peer may send are those of RFC 6455 and IANA") {
  for (auto code : {1000, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 4999})
    CHECK(may_be_sent(static_cast<std::uint16_t>(code)));
  for (auto code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65'535})
    CHECK_FALSE(may_be_sent(static_cast<std::uint16_t>(code)));
}

TEST_CASE("1014 is echoed, and from 5000 on a code breaks the protocol") {
  CHECK(answered(1014, 1002) == 1014);
  CHECK(answered(1014, 1002, "bad gateway") == 1014);
  CHECK(answered(5000, 5000) == 1002);
  CHECK(answered(65'535, 65'535, "x") == 1002);
}

TEST_CASE("other answers stay as they are, and so do our own close frames") {
  CHECK(answered(1000, 1000) == 1000);
  CHECK(answered(4999, 4999) == 4999);
  CHECK(answered(2999, 1002) == 1002);
  CHECK(answered(1014, 1002, "no UTF-8: \xff") == 1002);
  CHECK(answered(1014, 4002) == 4002);
  CHECK(answered(5000, 1001) == 1001);
  close_code_watch aut;
  std::string ours = "\x88\x02" + close_payload(1002, "");
  auto same = ours;
  aut.correct_answer(same);
  CHECK(same == ours);
  aut.on_received(close_frame_of(1014));
  auto longer = "\x88\x07" + close_payload(1002, "hello");
  same = longer;
  aut.correct_answer(same);
  CHECK(same == longer);
}

TEST_CASE("a close frame is found behind others, wherever reads end") {
  auto masked = close_frame_of(1014, "bye");
  for (std::size_t i = 0; i < 5; ++i)
    masked[6 + i] = static_cast<char>(masked[6 + i] ^ "mask"[i % 4]);
  masked.replace(2, 4, "mask");
  auto stream =
      client_frame(opcode::ping, "")
      + client_frame(opcode::text, std::string(200, '\x88'), false)
      + client_frame(opcode::pong, std::string(125, '\x88'))
      + client_frame(opcode::continuation, std::string(70'000, '\x88'))
      + masked;
  for (std::size_t step : {1, 2, 3, 7, 125, 4096, 1'000'000}) {
    CAPTURE(step);
    close_code_watch aut;
    for (std::size_t i = 0; i < stream.size(); i += step) {
      CHECK_FALSE(aut.close());
      aut.on_received(std::string_view{stream}.substr(i, step));
    }
    REQUIRE(aut.close());
    CHECK(aut.close()->code == 1014);
    CHECK(aut.close()->reason == "bye");
  }
}

TEST_CASE(
    "a close frame without a code has none, and what follows is nothing") {
  close_code_watch aut;
  aut.on_received(client_frame(opcode::close, ""));
  REQUIRE(aut.close());
  CHECK(aut.close()->code == 1005);
  aut.on_received(close_frame_of(1014));
  CHECK(aut.close()->code == 1005);
}

TEST_CASE("a close frame that is too long is not remembered") {
  close_code_watch aut;
  aut.on_received(frame_head(opcode::close, 1ULL << 40)
                  + std::string(100'000, 'x'));
  CHECK_FALSE(aut.close());
}
