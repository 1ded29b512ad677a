#include "app/daemon/last_resort.hpp"

#include <doctest/doctest.h>

#include <future>

using namespace bridgekeeper;
using namespace bridgekeeper::app;
using namespace std::chrono_literals;

TEST_CASE("what hangs is ended once its time is over") {
  std::promise<void> acted;
  last_resort aut{1ms, [&] { acted.set_value(); }};
  CHECK(acted.get_future().wait_for(20s) == std::future_status::ready);
}

TEST_CASE("what ends in time is left alone") {
  auto times = 0;
  {
    last_resort aut{1h, [&] { ++times; }};
  }
  CHECK(times == 0);
}
