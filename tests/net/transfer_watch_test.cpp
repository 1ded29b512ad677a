#include "net/transfer_watch.hpp"
#include "support/stepped_clock.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>

using namespace bridgekeeper;
using namespace bridgekeeper::net;
using namespace std::chrono_literals;
using bridgekeeper::test::stepped_clock;

namespace {

/// A watch that is told what was moved; a stall is reported after 4 s.
struct watched_transfer {
  static constexpr auto limit = 4000ms;

  stepped_clock clock;
  deadline_queue queue{clock.function()};
  std::optional<std::size_t> moved = 0;
  int stalls = 0;
  transfer_watch aut{queue, [this] { return moved; }, [this] { ++stalls; }};

  void pass(std::chrono::milliseconds time) {
    for (; time > 0ms; time -= 100ms) {
      clock.advance(100ms);
      queue.run_due();
    }
  }
};

} // namespace

TEST_CASE_FIXTURE(watched_transfer, "a transfer of which nothing moves stalls "
                                    "after its limit, and is reported once") {
  aut.begin(limit, 1);
  pass(limit);
  CHECK(stalls == 0);
  pass(limit / 2);
  CHECK(stalls == 1);
  pass(10 * limit);
  CHECK(stalls == 1);
}

TEST_CASE_FIXTURE(watched_transfer, "a transfer that gets on may take as long "
                                    "as it likes") {
  aut.begin(limit, 100);
  for (auto i = 0; i < 100; ++i) {
    *moved += 100;
    pass(limit);
  }
  CHECK(stalls == 0);
}

TEST_CASE_FIXTURE(watched_transfer, "a transfer that trickles has stalled") {
  aut.begin(limit, 100);
  for (auto i = 0; i < 15; ++i) {
    *moved += 10;
    pass(limit / 10);
  }
  CHECK(stalls == 0);
  *moved += 9;
  pass(limit / 10);
  for (auto i = 0; i < 15; ++i) {
    *moved += 9;
    pass(limit / 10);
  }
  CHECK(stalls == 1);
}

TEST_CASE_FIXTURE(watched_transfer, "a stall is noticed wherever in a long "
                                    "transfer it happens") {
  aut.begin(limit, 1);
  for (auto i = 0; i < 7; ++i) {
    *moved += 1'000'000;
    pass(700ms);
  }
  pass(3s);
  CHECK(stalls == 0);
  pass(3s);
  CHECK(stalls == 1);
}

TEST_CASE_FIXTURE(watched_transfer, "when nothing is left to move the watch "
                                    "rests, and can begin again") {
  aut.begin(limit, 1);
  pass(limit / 2);
  moved.reset();
  pass(10 * limit);
  CHECK(stalls == 0);
  CHECK_FALSE(queue.next());
  moved = 7;
  aut.begin(limit, 1);
  pass(2 * limit);
  CHECK(stalls == 1);
}

TEST_CASE_FIXTURE(watched_transfer, "beginning again while it watches does not "
                                    "put off a stall") {
  for (auto i = 0; i < 20; ++i) {
    aut.begin(limit, 1);
    pass(limit / 10);
  }
  CHECK(stalls == 1);
}

TEST_CASE_FIXTURE(watched_transfer, "a watch that rests reports nothing") {
  aut.begin(limit, 1);
  pass(limit);
  aut.rest();
  pass(10 * limit);
  CHECK(stalls == 0);
}

TEST_CASE("a watch may be destroyed by the stall that it reports") {
  stepped_clock clock;
  deadline_queue queue{clock.function()};
  std::unique_ptr<transfer_watch> aut;
  aut = std::make_unique<transfer_watch>(
      queue, [] { return std::size_t{0}; }, [&aut] { aut.reset(); });
  aut->begin(1s, 1);
  for (auto i = 0; i < 20; ++i) {
    clock.advance(100ms);
    queue.run_due();
  }
  CHECK(aut == nullptr);
}

TEST_CASE("a pace asks for at least one byte") {
  CHECK(transfer_pace{30s, 1024}.least(15s) == 15 * 1024);
  CHECK(transfer_pace{30s, 1024}.least(100ms) == 102);
  CHECK(transfer_pace{30s, 0}.least(15s) == 1);
}
