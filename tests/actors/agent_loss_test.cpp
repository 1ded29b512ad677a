#include "actors/fixture.hpp"
#include "protocol/event_json.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

// Contract section 6, number 8: nothing is lost silently.

namespace {

struct losing_world : started_world {
  bridge link = enter("alpha");
  dispatch_reply_ptr one = dispatch(make_task("alpha", "m-1"));
  dispatch_reply_ptr two = dispatch(make_task("alpha", "m-2"));
  std::shared_ptr<event_record> stream = follow("alpha");

  /// How both dispatches were answered, once each.
  std::string outcome() {
    run();
    CHECK(one->times == 1);
    CHECK(two->times == 1);
    CHECK(one->outcome() == two->outcome());
    CHECK(stream->types() == "agent_error agent_error agent_disconnected");
    CHECK_FALSE(view("alpha").connected);
    link.aut = nullptr;
    CHECK(count("agent") == 0);
    return one->outcome();
  }

  std::string last_reason() {
    return parsed(protocol::encode(*stream->live.back()))["metadata"]["reason"];
  }
};

} // namespace

TEST_CASE_FIXTURE(losing_world, "when the socket is lost, what is pending is "
                                "answered with that") {
  link.socket->end();
  CHECK(outcome() == "agent_lost");
  CHECK(last_reason() == "agent_lost");
}

TEST_CASE_FIXTURE(losing_world, "a bridge that leaves a message unfinished is "
                                "lost, which is not its requester's fault") {
  link.socket->end(errc::request_timeout);
  CHECK(outcome() == "agent_lost");
  CHECK(last_reason() == "request_timeout");
}

TEST_CASE_FIXTURE(losing_world, "a frame over the limit ends the connection "
                                "for that reason") {
  link.socket->end(errc::too_large);
  CHECK(outcome() == "agent_lost");
  CHECK(last_reason() == "too_large");
}

TEST_CASE_FIXTURE(losing_world, "the operator's order to leave closes 4003") {
  auto done =
      answer<bool>(context().core.registry, evict_atom_v, agent_id{"alpha"});
  CHECK(done.value == true);
  CHECK(outcome() == "evicted");
  CHECK(link.socket->closed.value().code == 4003);
  CHECK(link.socket->closed.value().text == "Evicted by the operator");
}

TEST_CASE_FIXTURE(losing_world, "at the daemon's end bridges are closed 1001") {
  dismiss_agents();
  CHECK(outcome() == "draining");
  CHECK(link.socket->closed.value().code == 1001);
}

TEST_CASE_FIXTURE(losing_world, "a deadline of a lost dispatch does not come "
                                "back") {
  link.socket->end();
  pass(11min, 10s);
  CHECK(outcome() == "agent_lost");
}

TEST_CASE_FIXTURE(losing_world, "an agent that is killed from outside answers "
                                "what is pending") {
  caf::anon_send_exit(link.aut, caf::exit_reason::kill);
  CHECK(outcome() == "internal");
  CHECK(link.socket->closed.value().code == 1011);
}

TEST_CASE_FIXTURE(losing_world, "a bridge that comes back begins with nothing "
                                "pending") {
  link.socket->end();
  auto back = enter("alpha");
  CHECK(state_of<agent_state>(back.aut).pending.size() == 0);
  CHECK(view("alpha").number == incarnation{2});
  auto next = dispatch(make_task("alpha", "m-1"));
  CHECK(next->pending());
}

TEST_CASE_FIXTURE(started_world, "a dispatch in the mailbox of an agent that "
                                 "ends was not begun") {
  auto link = enter("alpha");
  auto outcome = ask_dispatch(link.aut, make_task("alpha", "m-1"));
  thread().run_once();
  link.socket->end();
  run();
  CHECK(outcome->outcome() == "unavailable");
  CHECK(link.socket->sent.size() == 1);
}

// Contract section 1: a bridge that hears of an end before `registered` gives
// up for good.

TEST_CASE_FIXTURE(started_world, "at the daemon's end a bridge may finish "
                                 "registering, and is closed 1001 then") {
  auto link = connect();
  dismiss_agents();
  CHECK_FALSE(link.socket->closed);
  link.socket->peer_sends(register_frame("alpha"));
  run();
  REQUIRE(link.socket->sent.size() == 1);
  CHECK(parsed(link.socket->sent[0])["type"] == "registered");
  CHECK(link.socket->closed.value().code == 1001);
}

TEST_CASE_FIXTURE(started_world, "at the daemon's end who does not register "
                                 "is not waited for") {
  auto link = connect();
  dismiss_agents();
  pass(1900ms, 100ms);
  CHECK_FALSE(link.socket->closed);
  pass(200ms, 100ms);
  CHECK(link.socket->closed.value().code == 4001);
}

TEST_CASE_FIXTURE(started_world, "the agents of a thread are dismissed "
                                 "together") {
  std::vector<bridge> links;
  for (auto id : {"a", "b", "c"})
    links.push_back(enter(id));
  dismiss_agents();
  for (auto& link : links) {
    REQUIRE(link.socket->closed);
    CHECK(link.socket->closed->code == 1001);
    CHECK(link.socket->closed->text == "Bridgekeeper is shutting down");
  }
  links.clear();
  CHECK(count("agent") == 0);
  CHECK(context().agents.empty());
}
