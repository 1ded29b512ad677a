#include "actors/resuming_world.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <tuple>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

// Dispatches that time out or are cancelled while bridges of protocol 1.1 have
// them, and results that come too late.

namespace {

using in_memory = resuming<started_world>;
using on_disk = resuming<stored_world>;

} // namespace

TEST_CASE_FIXTURE(in_memory, "an attempt whose deadline passes while its "
                             "bridge is away has timed out") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = dispatch(make_task("alpha", "m-1", 20s));
  link.socket->end();
  run();
  pass(30s);
  CHECK(outcome->outcome() == "pending");
  SUBCASE("unless it was finished in time") {
    auto back = enter_1_1("alpha", "i-1", {listed("m-1", "finished")});
    back.socket->peer_sends(response_frame("alpha", "m-1", "done"));
    run();
    CHECK(outcome->outcome() == "ok");
  }
  SUBCASE("when the grace is over") {
    pass(31s);
    CHECK(outcome->outcome() == "timeout");
  }
}

TEST_CASE_FIXTURE(on_disk,
                  "a task that its bridge ended at the deadline, while "
                  "the link was down, has not failed but timed out") {
  auto link = enter_1_1("alpha", "i-1");
  auto order = *make_task("alpha", "m-1", 20s);
  auto is_retried = false;
  SUBCASE("and is not tried again") {}
  SUBCASE("and is tried again if timeouts are") {
    is_retried = true;
    order.options.retry = {2, false, true, false};
  }
  auto outcome = dispatch(std::make_shared<const dispatch_order>(order));
  settle();
  link.socket->end();
  settle();
  pass(30s);
  auto back = enter_1_1("alpha", "i-1", {listed("m-1", "running")});
  CHECK(only(*back.socket, "registered")["adopted"] == json{"m-1"});
  back.socket->peer_sends(
      failed_frame("alpha", "m-1", "timed_out: the deadline passed"));
  CHECK(next_ack(*back.socket) == "m-1");
  REQUIRE(stored("m-1").results.size() == 1);
  CHECK(stored("m-1").results[0].is_late);
  CHECK(outcome->outcome() == (is_retried ? "pending" : "timeout"));
  // The next attempt is recorded with a commit of its own.
  settle();
  CHECK(stored("m-1").row.state
        == (is_retried ? dispatch_state::sent : dispatch_state::timed_out));
}

TEST_CASE_FIXTURE(in_memory, "a bridge that says that a task has timed out is "
                             "not believed before the deadline") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = dispatch(make_task("alpha", "m-1", 20s));
  link.socket->end();
  pass(10s);
  auto back = enter_1_1("alpha", "i-1", {listed("m-1", "running")});
  back.socket->peer_sends(failed_frame("alpha", "m-1", "timed_out: at 5 s"));
  run();
  CHECK(outcome->outcome() == "ok");
  CHECK(outcome->result().error == "timed_out: at 5 s");
}

TEST_CASE_FIXTURE(in_memory, "a dispatch that goes on still times out") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = dispatch(make_task("alpha", "m-1", 20s));
  link.socket->end();
  auto back = enter_1_1("alpha", "i-1", {listed("m-1", "running")});
  std::ignore = back.socket->take_sent();
  pass(19s);
  CHECK(outcome->outcome() == "pending");
  pass(2s);
  CHECK(outcome->outcome() == "timeout");
  CHECK(only(*back.socket, "cancel")["message_id"] == "m-1");
}

TEST_CASE_FIXTURE(on_disk, "a bridge is told to end what was cancelled or has "
                           "timed out, and what it had cost still counts") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = dispatch(make_task("alpha", "m-1", 20s));
  settle();
  std::ignore = link.socket->take_sent();
  std::string reason;
  SUBCASE("cancelled") {
    reason = "cancelled";
    caf::anon_send(link.aut, cancel_atom_v, message_id{"m-1"});
  }
  SUBCASE("timed out") {
    reason = "timeout";
    pass(21s);
  }
  settle();
  CHECK(outcome->outcome() == reason);
  auto frame = only(*link.socket, "cancel");
  CHECK(frame["message_id"] == "m-1");
  CHECK(frame["reason"] == reason);
  link.socket->peer_sends(failed_frame("alpha", "m-1", "cancelled"));
  settle();
  CHECK(only(*link.socket, "ack")["message_id"] == "m-1");
  REQUIRE(stored("m-1").results.size() == 1);
  CHECK(stored("m-1").results[0].is_late);
}

TEST_CASE_FIXTURE(in_memory,
                  "without a store, the cost of a response that came "
                  "too late counts all the same") {
  context().admissions =
      std::make_shared<admission>(admission_limits{0, 0, {}, {}, {}});
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = dispatch(make_task("alpha", "m-1", 20s));
  SUBCASE("the deadline passed while its link was down") {
    link.socket->end();
    pass(30s);
    link = enter_1_1("alpha", "i-1", {listed("m-1", "running")});
  }
  SUBCASE("the daemon has noticed the deadline") {
    pass(21s);
  }
  std::ignore = link.socket->take_sent();
  auto frame = parsed(failed_frame("alpha", "m-1", "timed_out: at 20 s"));
  frame["usage"] = {{"cost_usd", 0.5}};
  for (auto i = 0; i < 2; ++i) {
    link.socket->peer_sends(frame.dump());
    run();
    CHECK(only(*link.socket, "ack")["message_id"] == "m-1");
    CHECK(outcome->outcome() == "timeout");
    CHECK(context().admissions->costs(wall_clock_now()).session.spent
          == micro_usd::from_usd(0.5));
  }
}

TEST_CASE_FIXTURE(on_disk, "a result that comes when its dispatch has ended is "
                           "kept beside it, and acknowledged") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = lose_link_with(link, "m-1");
  pass(61s);
  settle();
  CHECK(outcome->outcome() == "agent_lost");
  auto back = enter_1_1("alpha", "i-1", {listed("m-1", "finished")});
  std::ignore = back.socket->take_sent();
  back.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  CHECK(next_ack(*back.socket) == "m-1");
  CHECK(stored("m-1").row.state == dispatch_state::lost);
  REQUIRE(stored("m-1").results.size() == 1);
  SUBCASE("and once more if it comes again") {
    back.socket->peer_sends(response_frame("alpha", "m-1", "done"));
    CHECK(next_ack(*back.socket) == "m-1");
    CHECK(stored("m-1").results.size() == 1);
  }
}

TEST_CASE_FIXTURE(on_disk, "a result of an unknown dispatch, or of another "
                           "agent's, is acknowledged and changes nothing") {
  auto other = enter("beta");
  auto foreign = dispatch(make_task("beta", "m-1"));
  commit();
  auto link = enter_1_1("alpha", "i-1");
  std::ignore = link.socket->take_sent();
  for (auto id : {"m-1", "m-unknown"}) {
    link.socket->peer_sends(response_frame("alpha", id, "forged"));
    CHECK(next_ack(*link.socket) == id);
  }
  CHECK(foreign->outcome() == "pending");
  CHECK(stored("m-1").results.empty());
}
