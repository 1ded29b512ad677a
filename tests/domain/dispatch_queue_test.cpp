#include "domain/dispatch_queue.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <rapidcheck.h>
#include <string>
#include <vector>

using namespace bridgekeeper;
using namespace std::chrono_literals;

namespace {

using queue = dispatch_queue<std::string>;
constexpr auto start = time_point{} + 1h;

waiting_terms terms(const std::string& id, const std::string& lane = "a",
                    dispatch_priority priority = dispatch_priority::normal) {
  return {message_id{id}, priority, lane, {}, time_point::max(), 1};
}

/// All that can be served at `now`, with blanks between them.
std::string served(queue& x, time_point now = start) {
  std::string out;
  while (auto next = x.extract_next(now))
    out += (out.empty() ? "" : " ") + *next;
  return out;
}

} // namespace

TEST_CASE("those of one lane are served in the order of their arrival") {
  queue aut;
  for (auto id : {"1", "2", "3"})
    aut.push(terms(id), id);
  CHECK(aut.bytes() == 3);
  CHECK(served(aut) == "1 2 3");
  CHECK(aut.empty());
  CHECK(aut.bytes() == 0);
}

TEST_CASE("a higher priority is served first") {
  queue aut;
  aut.push(terms("low", "a", dispatch_priority::low), "low");
  aut.push(terms("normal"), "normal");
  aut.push(terms("high", "a", dispatch_priority::high), "high");
  CHECK(aut.count_before(message_id{"low"}) == 2);
  CHECK(served(aut) == "high normal low");
}

TEST_CASE("a lane with many does not delay one with few") {
  queue aut;
  for (auto id : {"a1", "a2", "a3", "a4"})
    aut.push(terms(id, "a"), id);
  aut.push(terms("b1", "b"), "b1");
  aut.push(terms("c1", "c"), "c1");
  CHECK(aut.count_before(message_id{"b1"}) == 1);
  CHECK(aut.count_before(message_id{"a4"}) == 5);
  CHECK(served(aut) == "a1 b1 c1 a2 a3 a4");
}

TEST_CASE("of those that are wanted, lanes take turns as well") {
  queue aut;
  for (auto id : {"a1", "a2x", "a3x"})
    aut.push(terms(id, "a"), id);
  aut.push(terms("b1x", "b"), "b1x");
  aut.push(terms("high", "b", dispatch_priority::high), "high");
  auto wanted = [](const std::string& x) { return x.back() == 'x'; };
  CHECK(aut.extract_next(start, wanted) == "a2x");
  CHECK(aut.extract_next(start, wanted) == "b1x");
  CHECK(aut.extract_next(start, wanted) == "a3x");
  CHECK_FALSE(aut.extract_next(start, wanted));
  CHECK(served(aut) == "high a1");
}

TEST_CASE("one that waits for its retry is served when its time has come") {
  queue aut;
  auto retry = terms("retry");
  retry.not_before = start + 10s;
  aut.push(std::move(retry), "retry");
  aut.push(terms("other"), "other");
  CHECK(aut.next_due() == start + 10s);
  CHECK(aut.count_before(message_id{"retry"}) == 1);
  CHECK(served(aut) == "other");
  CHECK(served(aut, start + 9s).empty());
  CHECK(served(aut, start + 10s) == "retry");
  CHECK_FALSE(aut.next_due());
}

TEST_CASE("one that has waited for too long expires, wherever it is") {
  queue aut;
  auto ready = terms("ready");
  ready.expires = start + 5s;
  aut.push(std::move(ready), "ready");
  auto retry = terms("retry");
  retry.not_before = start + 1h;
  retry.expires = start + 6s;
  aut.push(std::move(retry), "retry");
  CHECK(aut.next_due() == start + 5s);
  CHECK_FALSE(aut.extract_expired(start + 4s));
  CHECK(aut.extract_expired(start + 6s) == "ready");
  CHECK(aut.extract_expired(start + 6s) == "retry");
  CHECK_FALSE(aut.extract_expired(start + 6s));
}

TEST_CASE("what is taken out by its id is no longer in the queue") {
  queue aut;
  aut.push(terms("1"), "first");
  CHECK(aut.contains(message_id{"1"}));
  CHECK(aut.extract(message_id{"1"}) == "first");
  CHECK_FALSE(aut.extract(message_id{"1"}));
  CHECK_FALSE(aut.contains(message_id{"1"}));
  CHECK_FALSE(aut.count_before(message_id{"1"}));
}

TEST_CASE("the place in the queue is the number of those served before") {
  rc::check([] {
    queue aut;
    std::vector<std::string> ids;
    auto count = *rc::gen::inRange(1, 30);
    for (auto i = 0; i < count; ++i) {
      auto id = std::to_string(i);
      auto x =
          terms(id, std::string(1, *rc::gen::elementOf(std::string{"abcd"})),
                static_cast<dispatch_priority>(*rc::gen::inRange(-1, 2)));
      aut.push(std::move(x), std::string{id});
      ids.push_back(id);
      // Turns that have begun must not matter.
      if (*rc::gen::inRange(0, 4) == 0)
        if (auto gone = aut.extract_next(start))
          std::erase(ids, *gone);
    }
    std::vector<std::size_t> before;
    for (const auto& id : ids)
      before.push_back(*aut.count_before(message_id{id}));
    auto order = aut.extract_all();
    RC_ASSERT(order.size() == ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i)
      RC_ASSERT(order.at(before.at(i)) == ids.at(i));
  });
}
