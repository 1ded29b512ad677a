#include "domain/rate_window.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <string>
#include <tuple>

using bridgekeeper::rate_window;
using namespace std::chrono_literals;

namespace {

const rate_window::time_point start = rate_window::time_point{} + 1h;

/// Counts one if there is room for it.
bool comes(rate_window& aut, const std::string& key,
           rate_window::time_point now) {
  if (!aut.has_room(key, now))
    return false;
  aut.add(key, now);
  return true;
}

} // namespace

TEST_CASE("a window takes as many as its limit") {
  rate_window aut{3};
  for (auto i = 0; i < 3; ++i)
    CHECK(comes(aut, "a", start));
  CHECK_FALSE(comes(aut, "a", start));
}

TEST_CASE("an arrival that is taken back makes room, and no other is "
          "forgotten") {
  rate_window aut{2};
  CHECK(comes(aut, "a", start));
  CHECK(comes(aut, "b", start + 1s));
  CHECK(comes(aut, "a", start + 2s));
  aut.take_back("a");
  aut.take_back("nobody");
  CHECK(aut.look("a", start + 3s).remaining == 1);
  CHECK(aut.look("b", start + 3s).remaining == 1);
  aut.take_back("a");
  CHECK(aut.look("a", start + 3s).remaining == 2);
  // The first arrival of b is still the oldest.
  CHECK(aut.look("b", start + 61s).remaining == 2);
  CHECK(aut.size() == 0);
}

TEST_CASE("each key has a window of its own") {
  rate_window aut{1};
  CHECK(comes(aut, "a", start));
  CHECK(comes(aut, "b", start));
  CHECK_FALSE(comes(aut, "a", start));
}

TEST_CASE("a window slides: each place is free 60 s after it was taken") {
  rate_window aut{2};
  CHECK(comes(aut, "a", start));
  CHECK(comes(aut, "a", start + 40s));
  CHECK_FALSE(comes(aut, "a", start + 60s - 1ns));
  CHECK(comes(aut, "a", start + 60s));
  CHECK_FALSE(comes(aut, "a", start + 61s));
  CHECK(comes(aut, "a", start + 100s));
}

TEST_CASE("in no 60 s there are more than the limit") {
  rate_window aut{5};
  std::deque<rate_window::time_point> came;
  for (auto now = start; now < start + 10min; now += 700ms) {
    if (!comes(aut, "a", now))
      continue;
    came.push_back(now);
    if (came.size() > 5) {
      CHECK(came.back() - came[came.size() - 6] >= 60s);
    }
  }
  CHECK(came.size() >= 45);
}

TEST_CASE("looking tells what is left, and until when") {
  rate_window aut{2};
  auto view = aut.look("a", start);
  CHECK(view.limit == 2);
  CHECK(view.remaining == 2);
  CHECK(view.reset == 0s);
  aut.add("a", start);
  aut.add("a", start + 10s);
  view = aut.look("a", start + 10s);
  CHECK(view.remaining == 0);
  CHECK(view.reset == 50s);
  // Rounded up: who comes again then is not too early.
  CHECK(aut.look("a", start + 59500ms).reset == 1s);
  CHECK(aut.look("a", start + 60s).remaining == 1);
  CHECK(aut.look("a", start + 60s).reset == 10s);
}

TEST_CASE("looking counts nothing and remembers nothing") {
  rate_window aut{1};
  for (auto i = 0; i < 10; ++i)
    CHECK(aut.look("a", start).remaining == 1);
  CHECK(aut.has_room("a", start));
  CHECK(aut.size() == 0);
}

// Contract section 3.
TEST_CASE("a limit of 0 or less is off") {
  for (auto limit : {0, -1, -50}) {
    rate_window aut{limit};
    for (auto i = 0; i < 100; ++i)
      CHECK(comes(aut, "a", start));
    CHECK(aut.look("a", start).limit == limit);
    CHECK(aut.look("a", start).remaining == -1);
    CHECK(aut.look("a", start).reset == 0s);
    CHECK(aut.size() == 0);
  }
}

TEST_CASE("a key that was silent for 60 s is forgotten") {
  rate_window aut{10};
  for (auto i = 0; i < 1000; ++i)
    aut.add(std::to_string(i), start + std::chrono::milliseconds{i});
  CHECK(aut.size() == 1000);
  std::ignore = aut.look("other", start + 60s + 499ms);
  CHECK(aut.size() == 500);
  std::ignore = aut.look("other", start + 61s);
  CHECK(aut.size() == 0);
}

TEST_CASE("threads whose clocks were read in another order do no harm") {
  rate_window aut{2};
  aut.add("a", start + 1ms);
  aut.add("b", start);
  CHECK(aut.has_room("b", start + 60s));
  CHECK(aut.has_room("a", start + 61s));
  CHECK(aut.size() == 0);
}

TEST_CASE("nobody's key is not counted") {
  rate_window aut{1};
  CHECK(comes(aut, "", start));
  CHECK(comes(aut, "", start));
  CHECK(aut.look("", start).remaining == 1);
}

TEST_CASE("a lowered limit counts what came before") {
  rate_window aut{5};
  for (auto i = 0; i < 4; ++i)
    aut.add("a", start + std::chrono::seconds{i});
  aut.change_limit(2);
  CHECK_FALSE(aut.has_room("a", start + 4s));
  auto view = aut.look("a", start + 4s);
  CHECK(view.remaining == 0);
  // Three have to go before there is room.
  CHECK(view.reset == 58s);
  CHECK_FALSE(aut.has_room("a", start + 61s));
  CHECK(aut.has_room("a", start + 62s));
}
