#include "net/server/gate.hpp"
#include "support/inbox.hpp"
#include "support/io_threads.hpp"
#include "support/tcp_peer.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

using namespace bridgekeeper;
using namespace test;

namespace {

constexpr auto visit_time = std::chrono::seconds{10};

/// A gate whose password is "sesame", on a thread of its own.
class guarded_place {
public:
  explicit guarded_place(net::gate_options options = {}) {
    options.greeting = "tales/1";
    threads_.start();
    call_on(threads_[0], [&] {
      gate_ = std::make_unique<net::gate>(
          threads_[0], options,
          [this](const std::string& word, const net::gate::verdict& say) {
            judge(word, say);
          },
          [this](int socket, const std::string& name) {
            CHECK(name == "Ali");
            passed.push(socket);
          });
      port = gate_->open({"127.0.0.1", 0}).value().port;
    });
  }

  ~guarded_place() {
    close();
    threads_.stop();
  }

  void close() {
    call_on(threads_[0], [this] { gate_->close(); });
  }

  [[nodiscard]] result<int> visit(const std::string& word) const {
    return net::pass_gate({"127.0.0.1", port}, "tales/1", word, visit_time);
  }

  /// The descriptors of those who were let in.
  inbox<int> passed;
  std::uint16_t port = 0;
  /// Judges nobody while it is set, on the gate's thread.
  std::atomic<bool> undecided = false;

private:
  void judge(const std::string& word, const net::gate::verdict& say) {
    if (word == "sesame")
      say("Ali");
    else if (!undecided)
      say(failure{errc::invalid_token, "that is not the word"});
  }

  io_threads threads_{1};
  std::unique_ptr<net::gate> gate_;
};

net::gate_options hasty() {
  net::gate_options out;
  out.timeout = std::chrono::milliseconds{50};
  return out;
}

} // namespace

TEST_CASE("who knows the word gets through the gate by name, with every byte "
          "that follows") {
  guarded_place place;
  auto visitor = place.visit("sesame");
  REQUIRE(visitor.has_value());
  auto inside = place.passed.take();
  char heard = 0;
  REQUIRE(::write(inside, "x", 1) == 1);
  // The gate's socket does not block; the visitor's may not, either.
  CHECK(eventually([&] { return ::read(*visitor, &heard, 1) == 1; }));
  CHECK(heard == 'x');
  ::close(inside);
  ::close(*visitor);
}

TEST_CASE("who does not know the word hears why, and stays outside") {
  guarded_place place;
  auto refused = place.visit("barley");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == errc::invalid_token);
  CHECK(refused.error().detail == "that is not the word");
  CHECK(place.passed.empty());
}

TEST_CASE("where there is no gate, a visit says so") {
  guarded_place place;
  place.close();
  auto nobody = place.visit("sesame");
  REQUIRE_FALSE(nobody.has_value());
  CHECK(nobody.error().code == errc::unavailable);
}

TEST_CASE("who speaks another protocol hears nothing from the gate") {
  guarded_place place;
  for (std::string words :
       {"GET / HTTP/1.1\n", "\n", "tales/2 sesame\n", "tales/1sesame\n"}) {
    tcp_peer peer{place.port};
    peer.write(words);
    CAPTURE(words);
    CHECK(peer.read_to_end().empty());
  }
  CHECK(place.passed.empty());
}

TEST_CASE("who says more than the line before he is let in is sent away") {
  guarded_place place;
  tcp_peer peer{place.port};
  peer.write("tales/1 sesame\nand more");
  CHECK(peer.read_to_end().empty());
  CHECK(place.passed.empty());
}

TEST_CASE("a line without an end is sent away when it is too long") {
  net::gate_options options;
  options.max_line = 100;
  guarded_place place{options};
  tcp_peer peer{place.port};
  peer.write(std::string(100, 'x'));
  CHECK(peer.read_to_end().empty());
}

TEST_CASE("who says nothing at the gate is sent away after a while") {
  guarded_place place{hasty()};
  tcp_peer peer{place.port};
  CHECK(peer.read_to_end().empty());
}

TEST_CASE("who is never judged is sent away after a while") {
  guarded_place place{hasty()};
  place.undecided = true;
  tcp_peer peer{place.port};
  peer.write("tales/1 perhaps\n");
  CHECK(peer.read_to_end().empty());
}

TEST_CASE(
    "of too many visitors at the gate, the one that waited longest goes") {
  net::gate_options options;
  options.max_visitors = 2;
  guarded_place place{options};
  std::vector<tcp_peer> waiting;
  waiting.emplace_back(place.port);
  waiting.emplace_back(place.port);
  // Both are still silent when somebody comes who knows the word.
  auto visitor = place.visit("sesame");
  REQUIRE(visitor.has_value());
  CHECK(waiting[0].at_end());
  ::close(*visitor);
  ::close(place.passed.take());
  waiting[1].write("tales/1 barley\n");
  CHECK(waiting[1].read_to_end().starts_with("refused "));
}

TEST_CASE("a gate that closes sends away those who wait") {
  guarded_place place;
  tcp_peer peer{place.port};
  place.close();
  CHECK(peer.at_end());
}
