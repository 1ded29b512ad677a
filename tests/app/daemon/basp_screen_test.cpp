#include "app/console/basp_screen.hpp"

#include <caf/atom.hpp>
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace bridgekeeper;
using console::basp_screen;
using namespace bridgekeeper::app;
using namespace std::literals;

namespace {

enum operation : std::uint8_t {
  basp_server_handshake,
  basp_client_handshake,
  basp_direct_message,
  basp_routed_message,
  basp_monitor_message,
  basp_down_message,
  basp_heartbeat,
};

std::string big_endian(std::uint64_t number, int size) {
  std::string out;
  for (auto shift = 8 * (size - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(number >> shift & 0xff);
  return out;
}

constexpr std::uint64_t plain_message = 1ULL << 60;

/// A header that announces `size` bytes.
std::string header(std::uint8_t what, std::uint64_t size,
                   std::uint64_t message_id = plain_message) {
  return static_cast<char>(what) + "\0\0\0"s + big_endian(size, 4)
         + big_endian(message_id, 8) + std::string(16, '\1');
}

std::string frame(std::uint8_t what, const std::string& payload) {
  return header(what, payload.size()) + payload;
}

std::string node(char name) {
  constexpr auto kind = caf::atom("default");
  return big_endian(static_cast<std::uint64_t>(kind), 8)
         + std::string(24, name);
}

std::string hello(char name = 'a') {
  return frame(basp_client_handshake, node(name));
}

std::string message(const std::string& types, const std::string& rest = {}) {
  return frame(basp_direct_message,
               "\0\0\0"s + static_cast<char>(types.size()) + types + rest);
}

const auto plain_error = "\1"s + std::string(8, 'c') + "\0\0\3@<>"s;

/// What one client sends, from its handshake to its end.
std::vector<std::string> conversation() {
  return {
      hello(),
      hello(),
      message("@<>+@atom+@atom+@str", "sys get info"),
      frame(basp_monitor_message, node('a') + node('d')),
      message("@<>+@atom+bridgekeeper::actors::console_terminal", "…"),
      message("@<>+@atom+@str+@strong_actor_ptr+@str", "…"),
      message("@<>+@atom+@str", std::string(60'000, 'x')),
      frame(basp_heartbeat, {}),
      message("@<>+@atom", "untail"),
      message("@<>+bool", "\1"),
      message("@<>+@error", plain_error),
      frame(basp_down_message, node('a') + node('d') + plain_error),
  };
}

/// Whether a client that has introduced itself may go on like this.
bool passes(const std::string& next) {
  basp_screen aut;
  REQUIRE_FALSE(aut.objection_to(hello()));
  return !aut.objection_to(next);
}

} // namespace

TEST_CASE("what the console's client sends passes, in chunks of any size") {
  std::string all;
  for (const auto& x : conversation())
    all += x;
  for (std::size_t chunk : {std::size_t{1}, std::size_t{31}, std::size_t{32},
                            std::size_t{33}, std::size_t{1000}, all.size()}) {
    CAPTURE(chunk);
    basp_screen aut;
    for (std::size_t at = 0; at < all.size(); at += chunk) {
      CAPTURE(at);
      REQUIRE_FALSE(aut.objection_to(std::string_view{all}.substr(at, chunk)));
    }
  }
}

TEST_CASE("a BASP handshake without payload does not reach CAF") {
  for (auto what : {basp_server_handshake, basp_client_handshake}) {
    basp_screen aut;
    CHECK(aut.objection_to(header(what, 0)));
  }
}

TEST_CASE("a BASP header that announces 4 GiB does not reach CAF") {
  for (std::uint8_t what = basp_server_handshake; what <= basp_heartbeat;
       ++what) {
    CAPTURE(+what);
    CHECK_FALSE(passes(header(what, 0xffffffff)));
    CHECK_FALSE(passes(header(what, basp_screen::max_message + 1)));
    basp_screen aut;
    CHECK(aut.objection_to(header(what, 0xffffffff)));
  }
}

TEST_CASE("a client introduces itself before anything else") {
  for (const auto& x : conversation()) {
    if (x == hello())
      continue;
    basp_screen aut;
    CHECK(aut.objection_to(x));
  }
}

TEST_CASE("a client sends no operation that is a server's or unknown") {
  for (auto what : {basp_server_handshake, basp_routed_message})
    CHECK_FALSE(passes(frame(what, node('a') + node('d'))));
  for (int what = basp_heartbeat + 1; what <= 0xff; ++what)
    CHECK_FALSE(passes(header(static_cast<std::uint8_t>(what), 0)));
}

TEST_CASE("a client stays the node that it said it is") {
  CHECK(passes(hello('a')));
  CHECK_FALSE(passes(hello('b')));
  CHECK_FALSE(passes(frame(basp_monitor_message, node('b') + node('d'))));
  CHECK_FALSE(
      passes(frame(basp_down_message, node('b') + node('d') + plain_error)));
  for (const auto& nobody : {std::string(32, '\0'), std::string(32, 'x')}) {
    basp_screen aut;
    CHECK(aut.objection_to(frame(basp_client_handshake, nobody)));
  }
}

TEST_CASE("frames of a fixed size have that size") {
  auto both = node('a') + node('d');
  CHECK_FALSE(passes(frame(basp_client_handshake, node('a') + "x")));
  CHECK_FALSE(passes(frame(basp_monitor_message, both.substr(1))));
  CHECK_FALSE(passes(frame(basp_monitor_message, both + "x")));
  CHECK_FALSE(passes(frame(basp_down_message, both)));
  CHECK_FALSE(passes(frame(basp_heartbeat, "x")));
}

TEST_CASE("messages of types that CAF reads carelessly do not reach it") {
  for (const auto& types :
       {"@<>+@charbuf"s, "@<>+@message"s, "@<>+@atom+@strong_actor_ptr"s,
        "@<>+@exit"s, "@<>+@down"s, "@<>+@atom+@str+@str"s, "@<>"s, ""s})
    CHECK_FALSE(passes(message(types, std::string(100, '\0'))));
  // The same, named by a number, behind stages, or cut off.
  CHECK_FALSE(passes(frame(basp_direct_message, "\0\0\1"s)));
  CHECK_FALSE(passes(frame(basp_direct_message, "\1\0\0\x9@<>+@atom"s)));
  CHECK_FALSE(passes(frame(basp_direct_message, "\0\0\0\x9@<>+@ato"s)));
  CHECK_FALSE(passes(frame(basp_direct_message, "\0\0\0\x89\0@<>+@atom"s)));
}

TEST_CASE("a message in a queue for streams does not reach CAF") {
  auto text = message("@<>+@atom+@str").substr(basp_screen::header_size);
  constexpr auto normal = plain_message >> 60;
  constexpr std::uint64_t answer = 8;
  for (std::uint64_t bits = 0; bits <= 0xf; ++bits) {
    CAPTURE(bits);
    auto expected = (bits & ~answer) == normal;
    CHECK(
        passes(header(basp_direct_message, text.size(), bits << 60 | 7) + text)
        == expected);
  }
}

TEST_CASE("an error that carries a context does not reach CAF") {
  auto context = "\1"s + std::string(8, 'c') + "\0\0\x0b@<>+@charbuf"s
                 + "\xff\xff\xff\xff\x0f"s;
  auto hidden = context + "\0\0\3@<>"s;
  for (const auto& error : {context, hidden, "\1"s}) {
    CHECK_FALSE(passes(message("@<>+@error", error)));
    CHECK_FALSE(
        passes(frame(basp_down_message, node('a') + node('d') + error)));
  }
}
