#include "net/server/screened_link.hpp"
#include "support/inbox.hpp"
#include "support/io_threads.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

using namespace bridgekeeper;
using namespace test;

namespace {

/// One end of a connection. Blocks, and gives up when its patience is over.
class pipe_end {
public:
  explicit pipe_end(int descriptor) : descriptor_(descriptor) {
    timeval limit{std::chrono::seconds{patience}.count(), 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }

  pipe_end(pipe_end&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

  pipe_end& operator=(pipe_end&&) = delete;

  ~pipe_end() {
    close();
  }

  void close() {
    if (descriptor_ != -1)
      ::close(std::exchange(descriptor_, -1));
  }

  void write(std::string_view text) const {
    while (!text.empty()) {
      auto size = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
      REQUIRE(size > 0);
      text.remove_prefix(static_cast<std::size_t>(size));
    }
  }

  /// Up to `most` bytes, fewer only at the end.
  [[nodiscard]] std::string read(std::size_t most) const {
    std::string out;
    std::array<char, 4096> some{};
    while (out.size() < most) {
      auto size = ::recv(descriptor_, some.data(),
                         std::min(some.size(), most - out.size()), 0);
      REQUIRE(size >= 0);
      if (size == 0)
        break;
      out.append(some.data(), static_cast<std::size_t>(size));
    }
    return out;
  }

  [[nodiscard]] bool at_end() const {
    return read(1).empty();
  }

private:
  int descriptor_;
};

/// A link whose screen rejects what contains "bad", and throws at "worse".
struct world {
  world() {
    threads.start();
    std::array<int, 2> pair{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()) == 0);
    peer.emplace(pair[0]);
    auto inner = call_on(threads[0], [&] {
      return net::link_through(
          [](std::string_view bytes) {
            if (bytes.find("worse") != std::string_view::npos)
              throw std::runtime_error("worse");
            return bytes.find("bad") == std::string_view::npos;
          },
          threads[0], pair[1]);
    });
    library.emplace(inner.value());
  }

  ~world() {
    threads.stop();
  }

  io_threads threads{1};
  std::optional<pipe_end> peer;
  std::optional<pipe_end> library;
};

} // namespace

TEST_CASE("what the screen approves passes, and every answer") {
  world aut;
  aut.peer->write("good");
  CHECK(aut.library->read(4) == "good");
  aut.library->write("bad");
  CHECK(aut.peer->read(3) == "bad");
}

TEST_CASE("what the screen rejects ends the link and does not pass") {
  world aut;
  aut.peer->write("good");
  CHECK(aut.library->read(4) == "good");
  aut.peer->write("bad");
  CHECK(aut.library->at_end());
  CHECK(aut.peer->at_end());
}

TEST_CASE("an exception in the screen ends the link and nothing else") {
  world aut;
  aut.peer->write("worse");
  CHECK(aut.library->at_end());
  CHECK(aut.peer->at_end());
  CHECK(call_on(aut.threads[0], [] { return true; }));
}

TEST_CASE("what was written before an end closed still passes") {
  const std::string much(1'000'000, 'x');
  world aut;
  auto reader = std::async(std::launch::async,
                           [&] { return aut.peer->read(much.size() + 1); });
  aut.library->write(much);
  aut.library->close();
  CHECK(reader.get() == much);

  world other;
  reader = std::async(std::launch::async,
                      [&] { return other.library->read(much.size() + 1); });
  other.peer->write(much);
  other.peer->close();
  CHECK(reader.get() == much);
}

TEST_CASE("a descriptor that is none makes no link") {
  io_threads threads{1};
  threads.start();
  auto out = call_on(threads[0], [&] {
    return net::link_through([](std::string_view) { return true; }, threads[0],
                             -1);
  });
  CHECK_FALSE(out.has_value());
  threads.stop();
}
