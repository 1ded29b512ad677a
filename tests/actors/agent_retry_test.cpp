#include "actors/one_slot_world.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

// Dispatches that are tried again.

TEST_CASE_FIXTURE(one_slot_world, "a failed attempt is repeated under a wire "
                                  "id of its own") {
  auto [aut, socket] = enter("alpha");
  auto stream = follow("alpha");
  auto outcome = request("alpha", "m-1", retries);
  CHECK(ids(*socket) == "m-1");
  socket->peer_sends(failed_frame("alpha", "m-1", "boom"));
  run();
  CHECK(outcome->pending());
  CHECK(ids(*socket).empty());
  pass(9s);
  CHECK(ids(*socket).empty());
  pass(1s);
  CHECK(ids(*socket) == "m-1.2");
  socket->peer_sends(progress_frame("alpha", "m-1.2", "working"));
  // The answer to the first attempt cannot end the second.
  socket->peer_sends(response_frame("alpha", "m-1", "old"));
  run();
  CHECK(outcome->pending());
  CHECK(outcome->progress == std::vector<std::string>{"working"});
  socket->peer_sends(failed_frame("alpha", "m-1.2", "boom"));
  run();
  pass(19s);
  CHECK(ids(*socket).empty());
  pass(1s);
  CHECK(ids(*socket) == "m-1.3");
  socket->peer_sends(response_frame("alpha", "m-1.3", "done"));
  run();
  CHECK(outcome->outcome() == "ok");
  CHECK(outcome->result().message.str() == "m-1");
  CHECK(stream->types()
        == "task_dispatched task_retrying task_sent "
           "agent_progress task_retrying task_sent agent_response");
  CHECK(context().counts.retries.value() == 2);
}

TEST_CASE_FIXTURE(one_slot_world, "a retry that waits for its time delays no "
                                  "other dispatch") {
  auto [aut, socket] = enter("alpha");
  auto first = request("alpha", "m-1", [](dispatch_order& x) {
    retries(x);
    x.options.backoff = 1h;
  });
  socket->peer_sends(failed_frame("alpha", "m-1", "boom"));
  run();
  auto second = request("alpha", "m-2");
  CHECK(ids(*socket) == "m-1 m-2");
  CHECK(first->pending());
}

TEST_CASE_FIXTURE(one_slot_world, "the last attempt's failure is the outcome") {
  auto [aut, socket] = enter("alpha");
  auto outcome = request("alpha", "m-1", [](dispatch_order& x) {
    x.options.retry = {2, true, false, false};
  });
  socket->peer_sends(failed_frame("alpha", "m-1", "first"));
  run();
  socket->peer_sends(failed_frame("alpha", "m-1.2", "second"));
  run();
  REQUIRE(outcome->value);
  CHECK(outcome->result().error == "second");
}

TEST_CASE_FIXTURE(one_slot_world, "a dispatch that may be repeated outlives "
                                  "its bridge") {
  auto link = enter("alpha");
  auto outcome = request("alpha", "m-1", retries);
  link.socket->end();
  run();
  CHECK(outcome->pending());
  auto [aut, socket] = enter("alpha");
  pass(10s);
  CHECK(ids(*socket) == "m-1.2");
  SUBCASE("cancelled under its own id") {
    cancel("alpha", "m-1");
    CHECK(outcome->outcome() == "cancelled");
  }
  SUBCASE("timed out") {
    pass(10min, 10s);
    CHECK(outcome->pending());
    // The bridge does not know, and is given time.
    pass(11min, 10s);
    CHECK(ids(*socket) == "m-1.3");
  }
}

TEST_CASE_FIXTURE(one_slot_world, "money is reserved again for a retry, and "
                                  "each attempt's cost counts") {
  admission_limits limits = admission_limits::none();
  limits.per_1k_tokens = micro_usd{1};
  limits.cost.session = micro_usd::from_usd(100);
  limits.cost.reservation = micro_usd::from_usd(1);
  context().admissions = std::make_shared<admission>(limits);
  auto [aut, socket] = enter("alpha");
  auto outcome = request("alpha", "m-1", retries);
  auto costs = [this] { return context().admissions->costs(wall_clock_now()); };
  CHECK(costs().reserved == micro_usd::from_usd(1));
  socket->peer_sends(
      R"({"type":"response","agent_id":"alpha","message_id":"m-1",)"
      R"("content":"","error":"boom","usage":{"cost_usd":0.5}})");
  run();
  CHECK(costs().session.spent == micro_usd::from_usd(0.5));
  // While the retry waits, others may have the money.
  CHECK(costs().reserved == micro_usd{});
  pass(10s);
  CHECK(costs().reserved == micro_usd::from_usd(1));
  socket->peer_sends(
      R"({"type":"response","agent_id":"alpha","message_id":"m-1.2",)"
      R"("content":"done","usage":{"cost_usd":0.25}})");
  run();
  CHECK(outcome->outcome() == "ok");
  CHECK(costs().session.spent == micro_usd::from_usd(0.75));
  CHECK(costs().reserved == micro_usd{});
}
