#include "net/frame_queue.hpp"

#include <doctest/doctest.h>

#include <tuple>

using bridgekeeper::net::frame_queue;

namespace {

struct test_queue : frame_queue {
  std::string written;

  explicit test_queue(std::initializer_list<const char*> texts) {
    for (auto text : texts)
      push(text);
  }

  batch begin(std::size_t limit) {
    return start(limit, [this](const std::string& frame) {
      written += frame + ' ';
      return true;
    });
  }
};

} // namespace

TEST_CASE("a batch is whole frames, and ends with the one that fills it") {
  test_queue x{"aa", "bb", "cc", "dd"};
  auto first = x.begin(3);
  CHECK(x.written == "aa bb ");
  CHECK(x.is_under_way());
  x.settle(first);
  CHECK_FALSE(x.is_under_way());
  std::ignore = x.begin(3);
  CHECK(x.written == "aa bb cc dd ");
}

TEST_CASE("a frame larger than a batch is a batch of its own") {
  test_queue x{"aaaaaaaa", "b"};
  std::ignore = x.begin(3);
  CHECK(x.written == "aaaaaaaa ");
}

TEST_CASE("what is under way is counted until it is written") {
  test_queue x{"aa", "bb"};
  CHECK(x.bytes() == 4);
  CHECK(x.frames() == 2);
  auto first = x.begin(1);
  CHECK(x.bytes() == 4);
  CHECK(x.frames() == 2);
  x.settle(first);
  CHECK(x.bytes() == 2);
  CHECK(x.frames() == 1);
}

TEST_CASE("only what waits can be dropped") {
  test_queue x{"aa", "bb", "cc"};
  auto first = x.begin(1);
  x.drop_waiting();
  CHECK(x.bytes() == 2);
  CHECK(x.frames() == 1);
  x.settle(first);
  CHECK(x.bytes() == 0);
  CHECK(x.frames() == 0);
}

TEST_CASE("several batches may be under way, and are settled one by one") {
  test_queue x{"aa", "bb", "cc"};
  auto first = x.begin(1);
  auto others = x.begin(100);
  CHECK(x.frames() == 3);
  x.settle(first);
  CHECK(x.bytes() == 4);
  CHECK(x.is_under_way());
  x.settle(others);
  CHECK(x.bytes() == 0);
  CHECK_FALSE(x.is_under_way());
}

TEST_CASE("empty frames are frames") {
  test_queue x{"", ""};
  CHECK(x.frames() == 2);
  auto first = x.begin(1);
  CHECK(x.is_under_way());
  CHECK(x.bytes() == 0);
  x.settle(first);
  CHECK(x.frames() == 0);
}

TEST_CASE("where nothing can be written any more what waits is dropped") {
  test_queue x{"aa", "bb"};
  auto calls = 0;
  std::ignore = x.start(100, [&](const std::string&) { return ++calls == 1; });
  CHECK(calls == 2);
  CHECK(x.frames() == 1);
  CHECK(x.bytes() == 2);
}
