#include "store/dispatches/commit_times.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace std::chrono_literals;
using store::commit_times;

namespace {

/// A disk that is asked to synchronize once a second.
struct minutes {
  commit_times aut;
  time_point now{1h};

  std::optional<std::chrono::milliseconds>
  pass(int commits, std::chrono::microseconds each) {
    for (auto i = 0; i < commits; ++i) {
      aut.add(each, now);
      CHECK_FALSE(aut.end_minute(now));
      now += 1s;
    }
    now += 1min - commits * 1s;
    return aut.end_minute(now);
  }
};

} // namespace

TEST_CASE("the slowest commit in a hundred is told once a minute") {
  minutes x;
  CHECK(x.pass(50, 150ms) == 150ms);
  CHECK(x.pass(50, 900us) == 0ms);
  CHECK_FALSE(x.aut.end_minute(x.now));
}

TEST_CASE("one slow commit in hundreds does not make the disk slow") {
  commit_times aut;
  time_point now{1h};
  for (auto i = 0; i < 500; ++i)
    aut.add(i == 250 ? 2s : 3ms, now);
  CHECK(aut.end_minute(now + 1min) == 3ms);
}

TEST_CASE("a minute without commits says that the disk is no longer slow") {
  minutes x;
  CHECK(x.pass(1, 150ms) == 150ms);
  CHECK(x.pass(0, 0ms) == 0ms);
}

TEST_CASE("nothing is told before the first commit") {
  commit_times aut;
  CHECK_FALSE(aut.end_minute(time_point{10h}));
}

TEST_CASE("the sentence names the figure") {
  CHECK(store::slow_disk_sentence(123ms).ends_with("longer than 123 ms"));
}
