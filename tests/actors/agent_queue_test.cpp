#include "actors/one_slot_world.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <tuple>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

// Dispatches that wait for a slot or for an agent.

TEST_CASE_FIXTURE(one_slot_world, "a bridge is sent the next dispatch when it "
                                  "has responded to the one before") {
  auto [aut, socket] = enter("alpha");
  auto stream = follow("alpha");
  auto first = dispatch(make_task("alpha", "m-1"));
  auto second = dispatch(make_task("alpha", "m-2"));
  CHECK(second->answer->value);
  CHECK(ids(*socket) == "m-1");
  CHECK(place_of("alpha", "m-2") == 0);
  socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(first->outcome() == "ok");
  CHECK(ids(*socket) == "m-2");
  CHECK(answer<std::uint64_t>(context().core.registry, place_atom_v,
                              agent_id{"alpha"}, message_id{"m-2"})
            .outcome()
        == "unknown_dispatch");
  socket->peer_sends(response_frame("alpha", "m-2", "done"));
  run();
  CHECK(second->outcome() == "ok");
  CHECK(stream->types()
        == "task_dispatched task_dispatched task_queued "
           "agent_response task_sent agent_response");
  CHECK(context().counts.waits_begun.value() == 1);
  CHECK(context().counts.waits_ended.value() == 1);
}

TEST_CASE_FIXTURE(one_slot_world, "an urgent dispatch overtakes, and tokens "
                                  "take turns") {
  auto [aut, socket] = enter("alpha");
  auto token = [](const char* label) {
    return [label](dispatch_order& x) { x.from.token = label; };
  };
  request("alpha", "m-1", token("a"));
  request("alpha", "a-1", token("a"));
  request("alpha", "a-2", token("a"));
  request("alpha", "b-1", token("b"));
  request("alpha", "high", [](dispatch_order& x) {
    x.options.priority = dispatch_priority::high;
  });
  CHECK(serve_all("alpha", *socket) == "m-1 high a-1 b-1 a-2");
}

TEST_CASE_FIXTURE(one_slot_world, "the timeout of a dispatch that waits does "
                                  "not run") {
  auto [aut, socket] = enter("alpha");
  auto first = request("alpha", "m-1");
  auto second = request("alpha", "m-2", [](dispatch_order& x) {
    x.timeout = 10s;
    x.queue_timeout = 1h;
  });
  pass(1min);
  CHECK(second->pending());
  socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  pass(9s);
  CHECK(second->pending());
  pass(2s);
  CHECK(second->outcome() == "timeout");
}

TEST_CASE_FIXTURE(one_slot_world, "a dispatch that waits for too long ends, "
                                  "and was never sent") {
  auto [aut, socket] = enter("alpha");
  auto first = request("alpha", "m-1");
  auto second =
      request("alpha", "m-2", [](dispatch_order& x) { x.queue_timeout = 5s; });
  pass(6s);
  CHECK(second->outcome() == "timeout");
  CHECK(second->why()->detail
        == "The dispatch was not sent within its queue timeout");
  CHECK(first->pending());
  CHECK(ids(*socket) == "m-1");
}

TEST_CASE_FIXTURE(one_slot_world, "the total timeout ends a dispatch, wherever "
                                  "it is") {
  auto [aut, socket] = enter("alpha");
  auto limited = [](dispatch_order& x) { x.options.total_timeout = 5s; };
  auto first = request("alpha", "m-1", limited);
  auto second = request("alpha", "m-2", limited);
  pass(6s);
  CHECK(first->outcome() == "timeout");
  CHECK(second->outcome() == "timeout");
  CHECK(second->why()->detail
        == "The dispatch was not completed within its total timeout");
}

TEST_CASE_FIXTURE(one_slot_world, "a dispatch that has timed out keeps its "
                                  "slot until the bridge responds") {
  auto [aut, socket] = enter("alpha");
  auto first = dispatch(make_task("alpha", "m-1", 5s));
  auto second = request("alpha", "m-2", waits_for_agent);
  pass(6s);
  CHECK(first->outcome() == "timeout");
  CHECK(ids(*socket) == "m-1");
  SUBCASE("late") {
    socket->peer_sends(response_frame("alpha", "m-1", "late"));
    run();
  }
  SUBCASE("never") {
    pass(9min);
    CHECK(ids(*socket).empty());
    pass(2min);
  }
  CHECK(ids(*socket) == "m-2");
}

TEST_CASE_FIXTURE(one_slot_world, "a cancelled dispatch that waits is never "
                                  "sent; one that was sent keeps its slot") {
  auto [aut, socket] = enter("alpha");
  auto first = request("alpha", "m-1");
  auto second = request("alpha", "m-2");
  auto third = request("alpha", "m-3");
  cancel("alpha", "m-2");
  CHECK(second->outcome() == "cancelled");
  cancel("alpha", "m-1");
  CHECK(first->outcome() == "cancelled");
  CHECK(ids(*socket) == "m-1");
  socket->peer_sends(response_frame("alpha", "m-1", "late"));
  run();
  CHECK(ids(*socket) == "m-3");
}

TEST_CASE_FIXTURE(one_slot_world, "what waits for a bridge that leaves is lost "
                                  "with it, unless it may wait") {
  auto link = enter("alpha");
  auto first = request("alpha", "m-1");
  auto second = request("alpha", "m-2");
  auto third = request("alpha", "m-3", waits_for_agent);
  link.socket->end();
  run();
  CHECK(first->outcome() == "agent_lost");
  CHECK(second->outcome() == "agent_lost");
  CHECK(third->pending());
  auto socket = register_bridge("alpha");
  CHECK(ids(*socket) == "m-3");
}

TEST_CASE_FIXTURE(one_slot_world, "a bridge that replaces another one goes on "
                                  "with what waited") {
  auto older = enter("alpha");
  auto first = request("alpha", "m-1");
  auto second = request("alpha", "m-2");
  auto socket = register_bridge("alpha");
  CHECK(first->outcome() == "replaced");
  CHECK(second->pending());
  CHECK(ids(*socket) == "m-2");
}

TEST_CASE_FIXTURE(one_slot_world, "a dispatch to an absent agent is refused, "
                                  "unless it may wait") {
  CHECK(request("nobody", "m-0", waits_for_agent)->outcome()
        == "unknown_agent");
  {
    auto link = enter("alpha");
    link.socket->end();
    run();
  }
  CHECK(request("alpha", "m-1")->outcome() == "agent_not_connected");
  auto stream = follow("alpha");
  auto waiting = request("alpha", "m-2", waits_for_agent);
  CHECK(waiting->answer->value);
  CHECK(stream->types() == "task_dispatched task_queued");
  auto forgotten = request("alpha", "m-3", waits_for_agent);
  CHECK(place_of("alpha", "m-3") == 1);
  cancel("alpha", "m-3");
  CHECK(forgotten->outcome() == "cancelled");
  SUBCASE("it comes back") {
    auto socket = register_bridge("alpha");
    CHECK(ids(*socket) == "m-2");
    socket->peer_sends(response_frame("alpha", "m-2", "done"));
    run();
    CHECK(waiting->outcome() == "ok");
  }
  SUBCASE("it does not") {
    pass(61min, 1min);
    CHECK(waiting->outcome() == "timeout");
  }
  SUBCASE("the dispatcher dies meanwhile") {
    kill_and_recover("dispatcher");
    auto more = request("alpha", "m-4", waits_for_agent);
    auto socket = register_bridge("alpha");
    CHECK(ids(*socket) == "m-2");
    CHECK(more->pending());
  }
  SUBCASE("the registry dies meanwhile") {
    kill_and_recover("registry");
    auto socket = register_bridge("alpha");
    CHECK(ids(*socket) == "m-2");
  }
  SUBCASE("the dispatcher's deadlines outlive it") {
    kill_and_recover("dispatcher");
    pass(61min, 1min);
    CHECK(waiting->outcome() == "timeout");
  }
}

TEST_CASE_FIXTURE(one_slot_world, "the place of a dispatch that waits for an "
                                  "absent agent is its turn to be sent") {
  {
    auto link = enter("alpha");
    link.socket->end();
    run();
  }
  auto waiting = [this](const char* id, const char* token,
                        dispatch_priority priority) {
    request("alpha", id, [=](dispatch_order& x) {
      waits_for_agent(x);
      x.from.token = token;
      x.options.priority = priority;
    });
  };
  waiting("a-1", "a", dispatch_priority::normal);
  waiting("a-2", "a", dispatch_priority::normal);
  waiting("low", "a", dispatch_priority::low);
  waiting("b-1", "b", dispatch_priority::normal);
  waiting("high", "b", dispatch_priority::high);
  CHECK(place_of("alpha", "high") == 0);
  CHECK(place_of("alpha", "a-1") == 1);
  CHECK(place_of("alpha", "b-1") == 2);
  CHECK(place_of("alpha", "a-2") == 3);
  CHECK(place_of("alpha", "low") == 4);
  SUBCASE("after another was cancelled, too") {
    cancel("alpha", "high");
    CHECK(place_of("alpha", "high") == std::nullopt);
    CHECK(place_of("alpha", "a-1") == 0);
    cancel("alpha", "a-1");
    CHECK(place_of("alpha", "a-2") == 0);
    auto socket = register_bridge("alpha");
    CHECK(serve_all("alpha", *socket) == "a-2 b-1 low");
  }
  SUBCASE("it is sent then") {
    auto socket = register_bridge("alpha");
    CHECK(serve_all("alpha", *socket) == "high a-1 b-1 a-2 low");
  }
}

TEST_CASE_FIXTURE(one_slot_world, "a retry whose time has come while its agent "
                                  "is away keeps its place") {
  auto link = enter("alpha");
  request("alpha", "retried", retries);
  request("alpha", "before", waits_for_agent);
  link.socket->peer_sends(failed_frame("alpha", "retried", "boom"));
  run();
  link.socket->end();
  run();
  // "before" was sent, and is lost with the link.
  request("alpha", "early", waits_for_agent);
  CHECK(place_of("alpha", "early") == 0);
  CHECK(place_of("alpha", "retried") == 1);
  pass(11s);
  request("alpha", "late", waits_for_agent);
  CHECK(place_of("alpha", "late") == 2);
  CHECK(place_of("alpha", "retried") == 1);
  auto socket = register_bridge("alpha");
  CHECK(ids(*socket) == "early");
  socket->peer_sends(response_frame("alpha", "early", "done"));
  run();
  CHECK(ids(*socket) == "retried.2");
  socket->peer_sends(response_frame("alpha", "retried.2", "done"));
  run();
  CHECK(ids(*socket) == "late");
}

TEST_CASE_FIXTURE(one_slot_world, "no more wait for an absent agent than one "
                                  "agent may have") {
  context().agent.max_pending = 2;
  {
    auto link = enter("alpha");
    link.socket->end();
    run();
  }
  request("alpha", "m-1", waits_for_agent);
  request("alpha", "m-2", waits_for_agent);
  CHECK(request("alpha", "m-3", waits_for_agent)->outcome()
        == "too_many_pending");
}

TEST_CASE_FIXTURE(one_slot_world, "what waits in a queue counts towards the "
                                  "agent's limit") {
  context().agent.max_pending = 2;
  auto [aut, socket] = enter("alpha");
  request("alpha", "m-1");
  request("alpha", "m-2");
  CHECK(request("alpha", "m-3")->outcome() == "too_many_pending");
}

TEST_CASE_FIXTURE(one_slot_world, "a slot that a cancelled dispatch has held "
                                  "is used as soon as it is free") {
  auto [aut, socket] = enter("alpha");
  auto first = dispatch(make_task("alpha", "m-1", 1h));
  auto second = request("alpha", "m-2",
                        [](dispatch_order& x) { x.queue_timeout = 11min; });
  cancel("alpha", "m-1");
  std::ignore = ids(*socket);
  pass(10min, 10s);
  pass(1s);
  CHECK(ids(*socket) == "m-2");
}
