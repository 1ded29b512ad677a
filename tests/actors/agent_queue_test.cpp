#include "actors/fixture.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

/// A world whose bridges work on one dispatch at a time.
struct one_slot_world : started_world {
  one_slot_world() {
    context().agent.slots = 1;
    context().agent.slot_hold = 10min;
    context().agent.liveness.timeout = 24h;
  }

  /// Requests a dispatch with these options.
  dispatch_reply_ptr
  request(const std::string& agent, const std::string& id,
          const std::function<void(dispatch_order&)>& change = {}) {
    auto order = *make_task(agent, id);
    if (change)
      change(order);
    return dispatch(std::make_shared<const dispatch_order>(order));
  }

  /// The socket of a bridge that registers, with all that it was sent.
  std::shared_ptr<fake_websocket> register_bridge(const std::string& agent) {
    auto link = connect();
    link.socket->peer_sends(register_frame(agent));
    run();
    return link.socket;
  }

  /// The socket of a bridge that registers with these capabilities.
  std::shared_ptr<fake_websocket> register_able(const std::string& agent,
                                                json capabilities) {
    auto link = connect();
    link.socket->peer_sends(
        register_frame(agent, {{"capabilities", std::move(capabilities)}}));
    run();
    return link.socket;
  }

  void cancel(const std::string& agent, const std::string& id) {
    caf::anon_send(context().core.registry, cancel_atom_v, agent_id{agent},
                   message_id{id});
    run();
  }
};

/// The ids of the dispatches that a bridge was sent.
std::string ids(fake_websocket& socket) {
  std::string out;
  for (const auto& frame : socket.take_sent())
    if (auto x = parsed(frame); x["type"] == "dispatch")
      out += (out.empty() ? "" : " ") + x["message_id"].get<std::string>();
  return out;
}

void waits_for_agent(dispatch_order& x) {
  x.options.queue_timeout = x.queue_timeout = 1h;
}

void retries(dispatch_order& x) {
  x.options.retry = {3, true, true, true};
  x.options.backoff = 10s;
}

} // namespace

TEST_CASE_FIXTURE(one_slot_world, "a bridge is sent the next dispatch when it "
                                  "has responded to the one before") {
  auto [aut, socket] = enter("alpha");
  auto stream = follow("alpha");
  auto first = dispatch(make_task("alpha", "m-1"));
  auto second = dispatch(make_task("alpha", "m-2"));
  CHECK(second->answer->value);
  CHECK(ids(*socket) == "m-1");
  CHECK(answer<std::uint64_t>(context().core.registry, place_atom_v,
                              agent_id{"alpha"}, message_id{"m-2"})
            .value
        == 0);
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
  std::string served;
  for (auto id = ids(*socket); !id.empty(); id = ids(*socket)) {
    served += id + ' ';
    socket->peer_sends(response_frame("alpha", id, "done"));
    run();
  }
  CHECK(served == "m-1 high a-1 b-1 a-2 ");
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
  CHECK(answer<std::uint64_t>(context().core.registry, place_atom_v,
                              agent_id{"alpha"}, message_id{"m-3"})
            .value
        == 1);
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

// -- dispatches that name no agent --------------------------------------------

namespace {

std::function<void(dispatch_order&)> require(std::vector<std::string> names,
                                             bool may_wait = false) {
  return [names, may_wait](dispatch_order& x) {
    x.require = names;
    if (may_wait)
      waits_for_agent(x);
  };
}

} // namespace

TEST_CASE_FIXTURE(one_slot_world, "a dispatch that names no agent goes to the "
                                  "least busy one that is able") {
  auto first = register_able("first", {"c++", "sql"});
  auto second = register_able("second", {"c++"});
  auto third = register_able("third", {"sql"});
  std::string chosen;
  for (auto id : {"m-1", "m-2", "m-3"})
    chosen +=
        request("", id, require({"c++"}))->answer->value->agent.str() + ' ';
  CHECK(chosen == "first second first ");
  CHECK(request("", "m-4", require({"c++", "sql"}))->answer->value->agent.str()
        == "first");
  CHECK(ids(*first) == "m-1");
  CHECK(ids(*second) == "m-2");
  second->peer_sends(response_frame("second", "m-2", "done"));
  run();
  CHECK(request("", "m-5", require({"c++"}))->answer->value->agent.str()
        == "second");
  CHECK(ids(*third).empty());
}

TEST_CASE_FIXTURE(one_slot_world, "an idle agent with a retry that waits takes "
                                  "what names no agent") {
  auto able = register_able("able", {"c++"});
  auto retried = request("able", "m-1", [](dispatch_order& x) {
    retries(x);
    x.options.backoff = 1h;
  });
  able->peer_sends(failed_frame("able", "m-1", "boom"));
  run();
  CHECK(request("", "m-2", require({"c++"}))->answer->value);
  CHECK(ids(*able) == "m-1 m-2");
}

TEST_CASE_FIXTURE(one_slot_world, "while the registry recovers, what names no "
                                  "agent waits until it knows all of them") {
  auto able = register_able("able", {"c++"});
  kill("registry");
  run();
  auto outcome = request("", "m-1", require({"c++"}, true));
  pass(1s);
  REQUIRE(outcome->answer->value);
  CHECK(outcome->answer->value->agent.str() == "able");
  CHECK(ids(*able) == "m-1");
}

TEST_CASE_FIXTURE(one_slot_world, "where no agent is able, a dispatch is "
                                  "refused, unless it may wait for one") {
  auto unable = register_able("unable", {"sql"});
  auto refused = request("", "m-1", require({"c++"}));
  CHECK(refused->outcome() == "agent_not_connected");
  auto waiting = request("", "m-2", require({"c++"}, true));
  auto next = request("", "m-3", require({"c++"}, true));
  REQUIRE(waiting->answer->value);
  CHECK(waiting->answer->value->agent.empty());
  auto stream = follow();
  SUBCASE("one comes, and takes as many as it has slots") {
    auto able = register_able("able", {"c++"});
    CHECK(ids(*able) == "m-2");
    auto more = register_able("more", {"c++", "java"});
    CHECK(ids(*more) == "m-3");
    able->peer_sends(response_frame("able", "m-2", "done"));
    run();
    CHECK(waiting->outcome() == "ok");
    CHECK(stream->types()
          == "agent_connected task_dispatched task_sent agent_connected "
             "task_dispatched task_sent agent_response");
  }
  SUBCASE("one comes, and takes the next when it is free") {
    auto able = register_able("able", {"c++"});
    CHECK(ids(*able) == "m-2");
    able->peer_sends(response_frame("able", "m-2", "done"));
    run();
    CHECK(ids(*able) == "m-3");
  }
  SUBCASE("it is cancelled") {
    cancel("", "m-2");
    CHECK(waiting->outcome() == "cancelled");
    CHECK(next->pending());
  }
  SUBCASE("none comes") {
    pass(61min, 1min);
    CHECK(waiting->outcome() == "timeout");
    CHECK(stream->types().empty());
  }
}
