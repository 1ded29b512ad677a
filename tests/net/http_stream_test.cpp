#include "support/http_peer.hpp"
#include "support/http_server.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

using namespace bridgekeeper;
using namespace test;

namespace {

constexpr std::size_t bound = 64 * kibibyte;

net::http_options small_buffer() {
  net::http_options out;
  out.stream_buffer_bytes = bound;
  return out;
}

net::http_response event_stream() {
  net::http_response out;
  out.content_type = "text/event-stream";
  return out;
}

/// Answers every request with a stream that the test then writes to.
http_server::script streaming() {
  return {[](const http_server::link_ptr& link, const net::http_request&) {
            link->session->begin_stream(event_stream());
          },
          {}};
}

bool write(const remote<net::http_session>& session, std::string text) {
  return session([&text](net::http_session& x) {
    return x.write_stream(std::move(text));
  });
}

/// A server with one stream open, and who reads it.
struct open_stream {
  explicit open_stream(int receive_buffer = 0,
                       const net::http_options& options = small_buffer())
    : server(streaming(), options), peer(server.port(), receive_buffer) {
    peer.get("/events");
    head = peer.read_until("\r\n\r\n");
    server.requests.take();
  }

  /// Writes until there is no more room; how much was taken.
  std::size_t fill() {
    std::size_t taken = 0;
    std::string text(1000, 'x');
    while (write(session, text))
      taken += text.size();
    return taken;
  }

  http_server server;
  http_peer peer;
  std::string head;
  remote<net::http_session> session = server.sessions.take();
};

} // namespace

TEST_CASE("a stream is sent in chunks as it is written") {
  open_stream x;
  CHECK(x.head.starts_with("HTTP/1.1 200 OK\r\n"
                           "content-type: text/event-stream\r\ndate: "));
  CHECK(x.head.ends_with("x-content-type-options: nosniff\r\n"
                         "transfer-encoding: chunked\r\n\r\n"));
  CHECK(write(x.session, "data: 1\n\n"));
  CHECK(x.peer.read_exactly(14) == "9\r\ndata: 1\n\n\r\n");
  CHECK(write(x.session, std::string(26, 'x')));
  CHECK(x.peer.read_exactly(32) == "1a\r\n" + std::string(26, 'x') + "\r\n");
}

TEST_CASE("a stream over HTTP 1.0 is sent as it is until the end") {
  http_server server{streaming()};
  http_peer peer{server.port()};
  peer.write("GET / HTTP/1.0\r\n\r\n");
  auto head = peer.read_until("\r\n\r\n");
  CHECK(head.starts_with("HTTP/1.0 200 OK\r\n"
                         "content-type: text/event-stream\r\ndate: "));
  CHECK(head.ends_with("x-content-type-options: nosniff\r\n"
                       "connection: close\r\n\r\n"));
  auto session = server.sessions.take();
  CHECK(write(session, "one"));
  CHECK(write(session, "two"));
  session([](net::http_session& x) { x.abandon(); });
  CHECK(peer.read_to_end() == "onetwo");
}

TEST_CASE("texts written in one go arrive in order") {
  open_stream x;
  x.session([](net::http_session& stream) {
    for (auto i = 0; i < 1000; ++i)
      std::ignore = stream.write_stream(std::to_string(i % 10));
  });
  std::string expected;
  for (auto i = 0; i < 1000; ++i)
    expected += "1\r\n" + std::to_string(i % 10) + "\r\n";
  CHECK(x.peer.read_exactly(expected.size()) == expected);
}

TEST_CASE("a reader that is too far behind is not written to") {
  open_stream x{4096};
  auto taken = x.fill();
  // The kernel holds some, the session one bound in flight and one waiting.
  CHECK(taken >= bound);
  CHECK_FALSE(write(x.session, std::string(1000, 'x')));
  CHECK(x.server.room.empty());
  CHECK(x.server.ends.empty());
}

TEST_CASE("a reader that has caught up makes room and says so") {
  open_stream x{4096};
  auto taken = x.fill();
  std::string expected;
  for (std::size_t i = 0; i < taken / 1000; ++i)
    expected += "3e8\r\n" + std::string(1000, 'x') + "\r\n";
  CHECK(x.peer.read_exactly(expected.size()) == expected);
  CHECK(x.server.room.take() == "writable");
  CHECK(write(x.session, "more"));
  CHECK(x.peer.read_exactly(9) == "4\r\nmore\r\n");
}

TEST_CASE("room is reported once and only after a refusal") {
  open_stream x;
  for (auto i = 0; i < 10; ++i) {
    CHECK(write(x.session, "x"));
    CHECK(x.peer.read_exactly(6) == "1\r\nx\r\n");
  }
  // Everything that was written has been reported by now.
  x.session([](net::http_session&) {});
  CHECK(x.server.room.empty());
}

TEST_CASE("a text larger than the bound is written when nothing is ahead") {
  open_stream x;
  // Else it could never be: no room would ever be enough.
  CHECK(write(x.session, std::string(2 * bound, 'x')));
}

TEST_CASE("an empty text does not end a stream") {
  open_stream x;
  CHECK(write(x.session, ""));
  CHECK(write(x.session, "x"));
  CHECK(x.peer.read_exactly(6) == "1\r\nx\r\n");
}

TEST_CASE("what a stream's reader still says is thrown away") {
  open_stream x;
  x.peer.write(std::string(1'000'000, 'x'));
  x.peer.get("/again");
  CHECK(write(x.session, "x"));
  CHECK(x.peer.read_exactly(6) == "1\r\nx\r\n");
  CHECK(x.server.requests.empty());
}

TEST_CASE("a stream ends when its reader leaves") {
  open_stream x;
  SUBCASE("with a good-bye") {
    x.peer.close();
  }
  SUBCASE("without one") {
    x.peer.reset();
  }
  CHECK(x.server.ends.take().reason == errc::peer_closed);
  CHECK(x.server.door().ledger()->total() == 0);
}

TEST_CASE("a reader that leaves while it is behind ends the stream once") {
  open_stream x{4096};
  x.fill();
  x.peer.reset();
  CHECK(x.server.ends.take().reason == errc::peer_closed);
  call_on(x.session.home(), [] {});
  CHECK(x.server.ends.empty());
}

TEST_CASE("an abandoned stream ends for its reader without a last chunk") {
  open_stream x;
  CHECK(write(x.session, "x"));
  CHECK(x.peer.read_exactly(6) == "1\r\nx\r\n");
  x.session([](net::http_session& stream) { stream.abandon(); });
  CHECK(x.peer.at_end());
  CHECK(x.server.ends.empty());
}

TEST_CASE("what was written before the end of a stream reaches its reader") {
  open_stream x;
  x.session([](net::http_session& stream) {
    for (auto text : {"a", "b", "c"})
      CHECK(stream.write_stream(text));
    stream.abandon();
  });
  CHECK(x.peer.read_exactly(18) == "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n");
  CHECK(x.peer.at_end());
}

TEST_CASE("a stream whose reader is stuck can be abandoned") {
  open_stream x{4096};
  x.fill();
  x.session([](net::http_session& stream) { stream.abandon(); });
  CHECK(eventually([&] { return x.server.door().ledger()->total() == 0; }));
  CHECK(x.server.ends.empty());
}

TEST_CASE("what is written after the end of a stream is dropped") {
  open_stream x;
  x.session([](net::http_session& stream) {
    stream.abandon();
    CHECK(stream.write_stream("too late"));
  });
  CHECK(x.peer.at_end());
}

// -- readers that do not read -------------------------------------------------

TEST_CASE("a reader that takes nothing of what waits for it is dropped") {
  auto options = small_buffer();
  options.stall_timeout = std::chrono::milliseconds{50};
  open_stream x{4096, options};
  x.fill();
  auto end = x.server.ends.take();
  CHECK(end.reason == errc::stalled);
  CHECK(end.detail.find("bytes were pending") != std::string::npos);
  CHECK(x.server.door().ledger()->total() == 0);
}

TEST_CASE("a reader for whom nothing waits is never too slow") {
  auto options = small_buffer();
  options.stall_timeout = std::chrono::milliseconds{1};
  open_stream x{0, options};
  for (auto i = 0; i < 3; ++i) {
    CHECK(write(x.session, "x"));
    CHECK(x.peer.read_exactly(6) == "1\r\nx\r\n");
  }
  // What is due later than that has been due, too.
  auto& home = x.session.home();
  inbox<std::string> later;
  std::unique_ptr<net::deadline> mark;
  call_on(home, [&] {
    mark = std::make_unique<net::deadline>(home.deadlines(),
                                           [&later] { later.push("due"); });
    mark->arm(std::chrono::milliseconds{50});
  });
  CHECK(later.take() == "due");
  call_on(home, [&] { mark.reset(); });
  CHECK(x.server.ends.empty());
}

TEST_CASE("over the budget of all readers the one that owes most is dropped") {
  auto options = small_buffer();
  options.stream_buffer_bytes = 16 * mebibyte;
  options.output = std::make_shared<net::output_ledger>(mebibyte);
  open_stream x{4096, options};
  http_peer other{x.server.port(), 4096};
  other.get("/events");
  std::ignore = other.read_until("\r\n\r\n");
  auto more = x.server.sessions.take();
  CHECK(write(more, std::string(1000, 'x')));
  x.session([](net::http_session& stream) {
    for (auto i = 0; i < 256; ++i)
      std::ignore = stream.write_stream(std::string(64 * kibibyte, 'x'));
  });
  auto end = x.server.ends.take();
  CHECK(end.reason == errc::output_budget);
  CHECK(eventually([&] { return options.output->total() < 10'000; }));
  // The other one had read enough.
  CHECK(write(more, "still here"));
  CHECK(x.server.ends.empty());
}

TEST_CASE("a reader that owes little does not go with one whose texts are "
          "shared") {
  auto options = small_buffer();
  options.stream_buffer_bytes = 16 * mebibyte;
  options.output = std::make_shared<net::output_ledger>(mebibyte);
  open_stream x{4096, options};
  http_peer other{x.server.port(), 4096};
  other.get("/events");
  std::ignore = other.read_until("\r\n\r\n");
  auto small = x.server.sessions.take();
  small([](net::http_session& stream) { stream.note_backlog(1); });
  x.session([](net::http_session& stream) {
    for (auto i = 0; i < 128; ++i)
      std::ignore = stream.write_stream(
          {"",
           std::make_shared<const shared_text>(std::string(64 * kibibyte, 'x')),
           ""});
  });
  CHECK(x.server.ends.take().reason == errc::output_budget);
  CHECK(eventually([&] { return options.output->total() == 0; }));
  CHECK(write(small, "still here"));
  CHECK(x.server.ends.empty());
}

TEST_CASE("what waits in its owner's hands is a reader's debt, too") {
  auto options = small_buffer();
  options.output = std::make_shared<net::output_ledger>(mebibyte);
  open_stream x{4096, options};
  options.output->add_shared(2 * mebibyte);
  x.session(
      [](net::http_session& stream) { stream.note_backlog(2 * mebibyte); });
  CHECK(x.server.ends.take().reason == errc::output_budget);
}

// -- answers in parts ---------------------------------------------------------

namespace {

/// Answers every request with these parts.
http_server::script in_parts(std::vector<std::string> parts,
                             std::shared_ptr<int> held = {}) {
  return {[parts, held](const http_server::link_ptr& link,
                        const net::http_request&) {
            auto next = [parts, held, at = std::size_t{0}]() mutable
                -> std::optional<net::stream_text> {
              if (at == parts.size())
                return std::nullopt;
              return net::stream_text{parts[at++]};
            };
            link->session->respond_in_parts({}, std::move(next));
          },
          {},
          {},
          {}};
}

} // namespace

TEST_CASE("an answer in parts is one answer, and the next request comes after "
          "it") {
  http_server server{in_parts({"one,", "", "two"})};
  http_peer peer{server.port()};
  for (auto i = 0; i < 2; ++i) {
    peer.get("/");
    auto answer = peer.read_answer();
    CHECK(answer.status == 200);
    CHECK(answer.keep_alive);
    CHECK(answer.body == "one,two");
  }
}

TEST_CASE("an answer in parts over HTTP 1.0 ends with the connection") {
  http_server server{in_parts({"one,", "two"})};
  http_peer peer{server.port()};
  peer.write("GET / HTTP/1.0\r\n\r\n");
  CHECK(peer.read_until("\r\n\r\n").find("connection: close")
        != std::string::npos);
  CHECK(peer.read_to_end() == "one,two");
}

TEST_CASE("no part is made before the one before it is written") {
  auto made = std::make_shared<std::atomic<int>>(0);
  std::string part(mebibyte, 'x');
  http_server server{{[made, part](const http_server::link_ptr& link,
                                   const net::http_request&) {
                        link->session->respond_in_parts(
                            {},
                            [made, part]() -> std::optional<net::stream_text> {
                              if (++*made > 100)
                                return std::nullopt;
                              return net::stream_text{part};
                            });
                      },
                      {},
                      {},
                      {}}};
  http_peer peer{server.port(), 4096};
  peer.get("/");
  std::ignore = peer.read_until("\r\n\r\n");
  auto session = server.sessions.take();
  // What the kernel takes is far from all.
  session([](net::http_session&) {});
  CHECK(*made < 50);
  auto answer_rest = peer.read_exactly(100 * part.size());
  CHECK(answer_rest.size() == 100 * part.size());
}

TEST_CASE("what an answer in parts holds is let go of when its reader leaves") {
  auto held = std::make_shared<int>(0);
  http_server server{in_parts({std::string(16 * mebibyte, 'x'), "more"}, held)};
  http_peer peer{server.port(), 4096};
  peer.get("/");
  std::ignore = peer.read_until("\r\n\r\n");
  auto with_script = held.use_count();
  peer.reset();
  CHECK(server.ends.take().reason == errc::peer_closed);
  CHECK(eventually([&] { return held.use_count() < with_script; }));
}

TEST_CASE("a complete stream ends as a response does") {
  open_stream x;
  CHECK(write(x.session, "one"));
  x.session([](net::http_session& stream) {
    stream.end_stream();
    // Nothing follows the end.
    CHECK(stream.write_stream("two"));
    stream.end_stream();
  });
  CHECK(x.peer.read_to_end() == "3\r\none\r\n0\r\n\r\n");
  x.peer.close();
  CHECK(x.server.ends.take().reason == errc::peer_closed);
}

TEST_CASE("a slow reader gets all of a stream that is complete") {
  open_stream x{4096};
  auto taken = x.fill();
  x.session([](net::http_session& stream) { stream.end_stream(); });
  // Longer than a response that is abandoned may take.
  pass(x.session, std::chrono::milliseconds{2500});
  auto text = x.peer.read_to_end();
  CHECK(text.ends_with("0\r\n\r\n"));
  CHECK(text.size() > taken);
}

TEST_CASE("the header of a stream says that the connection ends with it") {
  http_server server{
      {[](const http_server::link_ptr& link, const net::http_request&) {
         auto head = event_stream();
         head.is_last = true;
         link->session->begin_stream(head);
         link->session->end_stream();
       },
       {}}};
  http_peer peer{server.port()};
  peer.get("/");
  CHECK(peer.read_until("\r\n\r\n")
            .ends_with("transfer-encoding: chunked\r\n"
                       "connection: close\r\n\r\n"));
  CHECK(peer.read_to_end() == "0\r\n\r\n");
}
