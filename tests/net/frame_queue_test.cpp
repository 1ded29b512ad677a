#include "net/frame_queue.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <tuple>

using namespace bridgekeeper;
using net::frame_queue;
using net::output_ledger;
using net::stream_text;

namespace {

struct test_queue : frame_queue {
  std::string written;

  explicit test_queue(std::initializer_list<const char*> texts) {
    for (auto text : texts)
      push(text);
  }

  batch begin(std::size_t limit) {
    return start(limit, [this](const stream_text& frame) {
      written += frame.head + ' ';
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
  std::ignore = x.start(100, [&](const stream_text&) { return ++calls == 1; });
  CHECK(calls == 2);
  CHECK(x.frames() == 1);
  CHECK(x.bytes() == 2);
}

namespace {

constexpr auto text_size = net::worth_sharing;

/// Two queues with a frame that has the same text in its middle.
struct sharing_queues {
  std::shared_ptr<output_ledger> ledger =
      std::make_shared<output_ledger>(1'000'000);
  shared_text_ptr text =
      std::make_shared<const shared_text>(std::string(text_size, 'x'));
  std::unique_ptr<frame_queue> one = make();
  std::unique_ptr<frame_queue> other = make();

  std::unique_ptr<frame_queue> make() const {
    auto out = std::make_unique<frame_queue>();
    out->count_in(ledger);
    out->push({"head ", text, " tail"});
    return out;
  }

  static frame_queue::batch begin(frame_queue& x) {
    return x.start(1, [](const stream_text&) { return true; });
  }
};

} // namespace

TEST_CASE_FIXTURE(sharing_queues, "a text that waits in several queues is held "
                                  "and counted once") {
  CHECK(text.use_count() == 3);
  CHECK(one->bytes() == text_size + 10);
  CHECK(one->shared() == text_size);
  CHECK(other->shared() == text_size);
  CHECK(ledger->total() == text_size);
  auto first = begin(*one);
  other->drop_waiting();
  CHECK(other->shared() == 0);
  CHECK(ledger->total() == text_size);
  one->settle(first);
  CHECK(one->shared() == 0);
  CHECK(ledger->total() == 0);
  CHECK(text.use_count() == 1);
}

TEST_CASE_FIXTURE(sharing_queues, "a shared text is given back once, whatever "
                                  "comes first") {
  auto first = begin(*one);
  one->stop_counting();
  CHECK(one->shared() == 0);
  one->settle(first);
  CHECK(ledger->total() == text_size);
  std::ignore = begin(*other);
  other.reset();
  CHECK(ledger->total() == 0);
  CHECK(text.use_count() == 1);
}

TEST_CASE("a small text is copied into its frame") {
  frame_queue x;
  auto text = std::make_shared<const shared_text>("b");
  x.push({"a", text, "c"});
  CHECK(text.use_count() == 1);
  CHECK(x.shared() == 0);
  CHECK(x.bytes() == 3);
  std::ignore = x.start(1, [](const stream_text& frame) {
    CHECK(frame.head == "abc");
    return true;
  });
}
