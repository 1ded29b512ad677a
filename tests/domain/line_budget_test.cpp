#include "domain/line_budget.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace bridgekeeper;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{100s};

} // namespace

TEST_CASE("lines beyond the limit of a second are counted and told later") {
  line_budget aut{2};
  CHECK(aut.admit(start) == 0);
  CHECK(aut.admit(start + 10ms) == 0);
  CHECK_FALSE(aut.admit(start + 20ms));
  CHECK_FALSE(aut.admit(start + 999ms));
  CHECK(aut.admit(start + 1s) == 2);
  CHECK(aut.admit(start + 1s) == 0);
  CHECK_FALSE(aut.admit(start + 1s));
}

TEST_CASE("without a limit every line is logged") {
  line_budget aut{0};
  for (auto i = 0; i < 1000; ++i)
    CHECK(aut.admit(start) == 0);
  aut.change_limit(1);
  CHECK(aut.admit(start) == 0);
  CHECK_FALSE(aut.admit(start));
}

TEST_CASE("a thread that is behind takes places of the newer second") {
  line_budget aut{2};
  CHECK(aut.admit(start + 1s) == 0);
  CHECK(aut.admit(start) == 0);
  CHECK_FALSE(aut.admit(start));
}

TEST_CASE("threads share a line budget") {
  line_budget aut{100};
  std::atomic<int> admitted{0};
  std::vector<std::thread> threads;
  for (auto i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (auto k = 0; k < 1000; ++k)
        if (aut.admit(start))
          ++admitted;
    });
  for (auto& x : threads)
    x.join();
  CHECK(admitted == 100);
}
