#include "actors/resuming_world.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <tuple>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

// Bridges of protocol 1.1 that end for good, or are told that they should.

namespace {

using in_memory = resuming<started_world>;
using on_disk = resuming<stored_world>;

} // namespace

TEST_CASE_FIXTURE(in_memory,
                  "what a bridge had that has ended for good is lost "
                  "at once") {
  auto link = enter_1_1("alpha", "i-1", json::array(), {{"slots", 1}});
  auto order = *make_task("alpha", "m-1");
  auto is_retried = false;
  SUBCASE("") {}
  SUBCASE("or tried again") {
    is_retried = true;
    order.options.retry = {2, false, false, true};
  }
  auto outcome = dispatch(std::make_shared<const dispatch_order>(order));
  auto waiting = dispatch(make_task("alpha", "m-2"));
  link.socket->peer_sends(
      json{{"type", "drain"}, {"agent_id", "alpha"}}.dump());
  run();
  link.socket->end(errc::peer_closed, "closed by peer with 1000", 1000);
  run();
  CHECK(outcome->outcome() == (is_retried ? "pending" : "agent_lost"));
  // The bridge never had it.
  CHECK(waiting->outcome() == "pending");
  auto next = enter_1_1("alpha", "i-2");
  auto sent = frames(*next.socket, "dispatch");
  REQUIRE(sent.size() == (is_retried ? 2 : 1));
  for (const auto& x : sent)
    CHECK((x["message_id"] == "m-2" || x["message_id"] == "m-1.2"));
}

TEST_CASE_FIXTURE(on_disk, "what a bridge has not listed yet when it ends for "
                           "good is lost at once") {
  auto link = enter_1_1("alpha", "i-1");
  auto one = dispatch(make_task("alpha", "m-1"));
  auto two = dispatch(make_task("alpha", "m-2"));
  auto is_retried = false;
  SUBCASE("") {}
  SUBCASE("or tried again") {
    is_retried = true;
  }
  auto order = *make_task("alpha", "m-3");
  order.options.retry = {2, false, false, is_retried};
  auto three = dispatch(std::make_shared<const dispatch_order>(order));
  settle();
  link.socket->end();
  settle();
  auto back = enter_1_1("alpha", "i-1", {listed("m-1", "running")},
                        {{"resume_more", true}});
  back.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  settle();
  CHECK(two->outcome() == "pending");
  back.socket->peer_sends(
      json{{"type", "drain"}, {"agent_id", "alpha"}}.dump());
  run();
  back.socket->end(errc::peer_closed, "closed by peer with 1000", 1000);
  settle();
  CHECK(one->outcome() == "ok");
  CHECK(two->outcome() == "agent_lost");
  CHECK(stored("m-2").row.state == dispatch_state::lost);
  CHECK(three->outcome() == (is_retried ? "pending" : "agent_lost"));
  CHECK(context().counts.waits_begun.value()
        == context().counts.waits_ended.value() + (is_retried ? 1 : 0));
}

TEST_CASE_FIXTURE(on_disk, "a dispatch that was being recorded when its bridge "
                           "ended for good was never sent, and goes on") {
  auto link = enter_1_1("alpha", "i-1", json::array(), {{"slots", 1}});
  dispatch_reply_ptr outcome;
  SUBCASE("as new") {
    outcome = dispatch(make_task("alpha", "m-2"));
  }
  SUBCASE("as sent from the queue") {
    auto first = dispatch(make_task("alpha", "m-1"));
    outcome = dispatch(make_task("alpha", "m-2"));
    settle();
    link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
    run();
  }
  link.socket->peer_sends(
      json{{"type", "drain"}, {"agent_id", "alpha"}}.dump());
  run();
  link.socket->end(errc::peer_closed, "closed by peer with 1000", 1000);
  settle();
  settle();
  CHECK(stored("m-2").row.state == dispatch_state::queued);
  CHECK_FALSE(stored("m-2").row.awaited_until);
  auto next = enter_1_1("alpha", "i-2");
  settle();
  auto frame = only(*next.socket, "dispatch");
  CHECK(frame["message_id"] == "m-2");
  CHECK(frame["attempt"] == 1);
  next.socket->peer_sends(response_frame("alpha", "m-2", "done"));
  settle();
  CHECK(outcome->outcome() == "ok");
}

TEST_CASE_FIXTURE(in_memory, "a bridge that may come back is awaited, however "
                             "its link ends") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  auto drain = json{{"type", "drain"}, {"agent_id", "alpha"}}.dump();
  SUBCASE("it has not said that it drains") {
    link.socket->end(errc::peer_closed, "", 1000);
  }
  SUBCASE("it drains, and closes with another code") {
    link.socket->peer_sends(drain);
    run();
    link.socket->end(errc::peer_closed, "", 1001);
  }
  SUBCASE("it drains, and its link breaks") {
    link.socket->peer_sends(drain);
    run();
    link.socket->end();
  }
  run();
  CHECK(outcome->outcome() == "pending");
}

TEST_CASE_FIXTURE(in_memory, "an evicted bridge has lost its work") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  caf::anon_send(link.aut, leave_atom_v, errc::evicted);
  run();
  CHECK(outcome->outcome() == "evicted");
}

TEST_CASE_FIXTURE(in_memory, "a bridge that drains is sent nothing more") {
  auto link = enter_1_1("alpha", "i-1");
  link.socket->peer_sends(
      json{{"type", "drain"}, {"agent_id", "alpha"}}.dump());
  run();
  std::ignore = link.socket->take_sent();
  std::ignore = dispatch(make_task("alpha", "m-1"));
  CHECK(frames(*link.socket, "dispatch").empty());
}

TEST_CASE_FIXTURE(on_disk,
                  "a bridge is told when the daemon goes, and its work "
                  "is left on record for the next one") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  settle();
  std::ignore = link.socket->take_sent();
  begin_draining(context());
  run();
  auto frame = only(*link.socket, "goaway");
  CHECK(frame["reason"] == "shutdown");
  CHECK(frame["reconnect_after_ms"] < 5000);
  CHECK(link.socket->closed->code == 1001);
  settle();
  CHECK(stored("m-1").row.state == dispatch_state::sent);
  CHECK(stored("m-1").row.instance == "i-1");
}
