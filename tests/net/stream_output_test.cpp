#include "net/stream_output.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>

using namespace bridgekeeper;
using net::output_ledger;
using net::stream_output;
using net::stream_text;

namespace {

/// All that goes out next, as one text.
std::string sent_by(stream_output& aut) {
  std::string out;
  for (const auto& x : aut.start())
    out.append(static_cast<const char*>(x.data()), x.size());
  aut.settle();
  return out;
}

shared_text_ptr large_text() {
  return std::make_shared<const shared_text>(
      std::string(net::worth_sharing, 'x'));
}

} // namespace

TEST_CASE("a chunk has its size in hexadecimal") {
  stream_output aut;
  aut.add_raw("before;");
  aut.add("hello", true);
  CHECK(sent_by(aut) == "before;5\r\nhello\r\n");
  aut.add(std::string(255, 'x'), true);
  CHECK(sent_by(aut) == "ff\r\n" + std::string(255, 'x') + "\r\n");
}

TEST_CASE("a stream that is not chunked is the text alone") {
  stream_output aut;
  aut.add("hello", false);
  CHECK(sent_by(aut) == "hello");
}

TEST_CASE("an empty text is no chunk because that would end the stream") {
  stream_output aut;
  aut.add("", true);
  aut.add("", false);
  CHECK(aut.waiting() == 0);
  CHECK(sent_by(aut).empty());
}

TEST_CASE("a shared text goes out in its place, chunked as a whole") {
  auto body = large_text();
  stream_output aut;
  aut.add("first", true);
  aut.add({"before:", body, ":after"}, true);
  aut.add("last", true);
  CHECK(sent_by(aut)
        == "5\r\nfirst\r\n100d\r\nbefore:" + body->text
               + ":after\r\n4\r\nlast\r\n");
}

TEST_CASE("a large shared text is sent from where it is, a small one copied") {
  auto large = large_text();
  auto small = std::make_shared<const shared_text>("small");
  stream_output aut;
  aut.add({{}, large, {}}, false);
  aut.add({{}, small, {}}, false);
  CHECK(aut.shared() == large->text.size());
  CHECK(aut.own() == 5);
  const auto& buffers = aut.start();
  CHECK(std::any_of(buffers.begin(), buffers.end(), [&](const auto& x) {
    return x.data() == large->text.data();
  }));
  CHECK(small.use_count() == 1);
}

TEST_CASE("what waits and what is under way is counted until it is settled") {
  stream_output aut;
  aut.add("12345", false);
  std::ignore = aut.start();
  aut.add("123", false);
  CHECK(aut.waiting() == 3);
  CHECK(aut.own() == 8);
  aut.settle();
  CHECK(aut.own() == 3);
  CHECK(sent_by(aut) == "123");
  CHECK(aut.own() == 0);
}

TEST_CASE("however many send a shared text, in all it counts once") {
  auto ledger = std::make_shared<output_ledger>(1'000'000);
  auto body = large_text();
  {
    stream_output one;
    stream_output other;
    for (auto* aut : {&one, &other}) {
      aut->count_in(ledger);
      aut->add({{}, body, {}}, false);
      CHECK(ledger->total() == body->text.size());
    }
    std::ignore = one.start();
    one.settle();
    CHECK(ledger->total() == body->text.size());
    CHECK(one.shared() == 0);
  }
  CHECK(ledger->total() == 0);
}
