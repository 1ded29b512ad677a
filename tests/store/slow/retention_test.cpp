#include "store/dispatches/scratch_store.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace bridgekeeper;
using namespace bridgekeeper::test;
using store::outcome;

// The writer looks for rows to remove each 10 s.
TEST_CASE(
    "after an erasure, retention removes nothing that there is room for") {
  scratch_store aut;
  aut.options.keep.rows = 20;
  aut.open();
  auto dispatch_to = [&](const char* agent) {
    message_id id{make_uuid_v7()};
    auto x = inserted(aut->writer().next_number(), id);
    auto number = x.number;
    x.agent = agent_id{agent};
    x.key = {"panel", id.str(), "hash",
             wall_clock_now() - std::chrono::hours{1}};
    aut.run(std::move(x));
    aut.run(completed(number, id));
  };
  // The keys have expired, so they are gone once it has looked.
  auto wait_for_retention = [&] {
    aut.wait_until(
        [&] { return aut.number("SELECT count(*) FROM idempotency") == 0; });
  };
  for (auto i = 0; i < 20; ++i)
    dispatch_to(i < 10 ? "alpha" : "beta");
  wait_for_retention();
  CHECK(aut.run(store::erase_agent{agent_id{"alpha"}}).what
        == outcome::applied);
  dispatch_to("beta");
  wait_for_retention();
  CHECK(aut.number("SELECT count(*) FROM dispatches") == 11);
}
