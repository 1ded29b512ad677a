#include "net/gathering_stream.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/beast/_experimental/test/fail_count.hpp>
#include <boost/beast/_experimental/test/stream.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

using bridgekeeper::shared_text;
using bridgekeeper::net::gathering_stream;

namespace asio = boost::asio;
namespace beast = boost::beast;

using boost::system::error_code;

namespace {

/// A stream over one that counts its writes, and the far end of it.
struct wire {
  /// Which operation on the lower stream is the first that fails.
  explicit wire(std::size_t first_failure = 1000) : breaks(first_failure) {}

  asio::io_context context;
  beast::test::fail_count breaks;
  beast::test::stream far{context};
  gathering_stream<beast::test::stream> near{[this] {
    beast::test::stream bottom{context, breaks};
    bottom.connect(far);
    return bottom;
  }()};

  void write(std::string_view text) {
    error_code error;
    CHECK(near.write_some(asio::buffer(text), error) == text.size());
    CHECK(!error);
  }

  void run() {
    context.restart();
    context.run();
  }
};

} // namespace

TEST_CASE("what was gathered goes out in one write, in order") {
  wire x;
  x.write("one ");
  x.write("two ");
  x.write("three");
  CHECK(x.far.str().empty());
  auto calls = 0;
  x.near.async_flush([&](error_code error) {
    CHECK(!error);
    CHECK(x.far.str() == "one two three");
    ++calls;
  });
  x.run();
  CHECK(calls == 1);
  CHECK(x.near.nwrite() == 1);
}

TEST_CASE("what comes while something is being sent goes out after it, in one "
          "write") {
  wire x;
  std::vector<std::string> seen;
  x.write("a");
  x.near.async_flush([&](error_code) { seen.push_back(x.far.str()); });
  x.write("b");
  x.near.async_flush([&](error_code) { seen.push_back(x.far.str()); });
  x.write("c");
  x.near.async_flush([&](error_code) { seen.push_back(x.far.str()); });
  x.run();
  CHECK(x.far.str() == "abc");
  CHECK(x.near.nwrite() == 2);
  REQUIRE(seen.size() == 3);
  CHECK(seen.back() == "abc");
}

TEST_CASE("a write that waits completes when its bytes are out, and goes after "
          "what was gathered before it") {
  wire x;
  x.write("frame,");
  std::size_t written = 0;
  x.near.async_write_some(asio::buffer("pong", 4),
                          [&](error_code error, std::size_t size) {
                            CHECK(!error);
                            CHECK(x.far.str() == "frame,pong");
                            written = size;
                          });
  CHECK(written == 0);
  x.run();
  CHECK(written == 4);
}

TEST_CASE("where the stream is broken everybody who waits is told") {
  wire x{1};
  std::vector<bool> failed;
  x.write("a");
  x.near.async_flush([&](error_code error) { failed.push_back(bool(error)); });
  x.near.async_write_some(asio::buffer("b", 1),
                          [&](error_code error, std::size_t size) {
                            CHECK(size == 0);
                            failed.push_back(bool(error));
                          });
  x.run();
  CHECK(failed == std::vector{true, true});
}

TEST_CASE("a shared text goes out in its place, and is held instead of "
          "copied") {
  wire x;
  auto text = std::make_shared<const shared_text>("one two three");
  std::string_view words = text->text;
  x.write("<");
  x.near.share(text);
  // As Beast does: piece by piece, between bytes that are not of the text.
  x.write(words.substr(0, 4));
  x.write(words.substr(4));
  x.write("|");
  x.write(words.substr(0, 3));
  x.near.share(nullptr);
  x.write(words.substr(0, 3));
  x.write(">");
  CHECK(text.use_count() == 3);
  x.near.async_flush([](error_code error) { CHECK(!error); });
  x.run();
  CHECK(x.far.str() == "<one two three|oneone>");
  CHECK(text.use_count() == 1);
}
