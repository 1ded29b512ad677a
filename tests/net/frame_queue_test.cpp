#include "net/frame_queue.hpp"

#include <doctest/doctest.h>

using bridgekeeper::net::frame_queue;

namespace {

struct test_queue : frame_queue {
  std::string written;

  explicit test_queue(std::initializer_list<const char*> texts) {
    for (auto text : texts)
      push(text);
  }

  void begin(std::size_t batch) {
    start(batch, [this](const std::string& frame) {
      written += frame + ' ';
      return true;
    });
  }
};

} // namespace

TEST_CASE("a batch is whole frames, and ends with the one that fills it") {
  test_queue x{"aa", "bb", "cc", "dd"};
  x.begin(3);
  CHECK(x.written == "aa bb ");
  CHECK(x.is_under_way());
  x.settle();
  CHECK_FALSE(x.is_under_way());
  x.begin(3);
  CHECK(x.written == "aa bb cc dd ");
}

TEST_CASE("a frame larger than a batch is a batch of its own") {
  test_queue x{"aaaaaaaa", "b"};
  x.begin(3);
  CHECK(x.written == "aaaaaaaa ");
}

TEST_CASE("what is under way is counted until it is written") {
  test_queue x{"aa", "bb"};
  CHECK(x.bytes() == 4);
  CHECK(x.frames() == 2);
  x.begin(1);
  CHECK(x.bytes() == 4);
  CHECK(x.frames() == 2);
  x.settle();
  CHECK(x.bytes() == 2);
  CHECK(x.frames() == 1);
}

TEST_CASE("only what waits can be dropped") {
  test_queue x{"aa", "bb", "cc"};
  x.begin(1);
  x.drop_waiting();
  CHECK(x.bytes() == 2);
  CHECK(x.frames() == 1);
  x.settle();
  CHECK(x.bytes() == 0);
  CHECK(x.frames() == 0);
}

TEST_CASE("empty frames are frames") {
  test_queue x{"", ""};
  CHECK(x.frames() == 2);
  x.begin(1);
  CHECK(x.is_under_way());
  CHECK(x.bytes() == 0);
  x.settle();
  CHECK(x.frames() == 0);
}

TEST_CASE("where nothing can be written any more what waits is dropped") {
  test_queue x{"aa", "bb"};
  auto calls = 0;
  x.start(100, [&](const std::string&) { return ++calls == 1; });
  CHECK(calls == 2);
  CHECK(x.frames() == 1);
  CHECK(x.bytes() == 2);
}
