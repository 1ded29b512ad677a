#include "store/dispatches/scratch_store.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::test;
using store::read_failure;

TEST_CASE("more queries than may wait are refused at once") {
  scratch_store aut;
  aut.open();
  std::mutex mutex;
  std::condition_variable changed;
  auto may_go_on = false;
  std::atomic<int> answered{0};
  std::atomic<int> refused{0};
  auto count = [&](const store::answer<store::dispatch_page>& x) {
    ++(x.why == read_failure::overloaded ? refused : answered);
  };
  // The first query occupies the thread.
  aut->reader().list({}, [&](const auto& x) {
    std::unique_lock guard{mutex};
    changed.wait(guard, [&] { return may_go_on; });
    count(x);
  });
  aut.wait_until([&] { return !aut->reader().busy_with().empty(); });
  for (std::size_t i = 0; i < store::reader::max_waiting + 5; ++i)
    aut->reader().list({}, count);
  CHECK(refused == 5);
  {
    std::lock_guard guard{mutex};
    may_go_on = true;
  }
  changed.notify_all();
  aut.wait_until([&] {
    return answered == static_cast<int>(store::reader::max_waiting) + 1;
  });
}

TEST_CASE("queries that wait while the reader is suspended get an answer") {
  scratch_store aut;
  aut.open();
  aut->reader().suspend();
  auto during = aut.ask<store::dispatch_page>(
      [&](auto done) { aut->reader().list({}, std::move(done)); });
  CHECK(during.why == read_failure::unavailable);
  aut->reader().resume();
  auto after = aut.ask<store::dispatch_page>(
      [&](auto done) { aut->reader().list({}, std::move(done)); });
  CHECK(after.why == read_failure::none);
}

TEST_CASE("the reader pauses while several answers have not been destroyed") {
  scratch_store aut;
  aut.open();
  std::mutex mutex;
  std::vector<store::answer<store::dispatch_page>> untaken;
  auto count = [&] {
    std::lock_guard guard{mutex};
    return untaken.size();
  };
  constexpr auto most = store::reader::max_untaken;
  for (std::size_t i = 0; i < most + 2; ++i)
    aut->reader().list({}, [&](store::answer<store::dispatch_page> x) {
      std::lock_guard guard{mutex};
      untaken.push_back(std::move(x));
    });
  aut.wait_until([&] { return count() == most; });
  SUBCASE("until one is") {
    {
      std::lock_guard guard{mutex};
      untaken.pop_back();
    }
    aut.wait_until([&] { return count() == most; });
    std::lock_guard guard{mutex};
    untaken.clear();
  }
  SUBCASE("or it must do something else") {
    aut->reader().suspend();
    aut.wait_until([&] { return count() == most + 2; });
    CHECK(untaken.back().why == read_failure::unavailable);
    aut->reader().resume();
  }
  aut.wait_until([&] { return count() >= 1; });
}
