#include "actors/one_slot_world.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

// Dispatches that name no agent.

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

TEST_CASE_FIXTURE(one_slot_world, "an urgent dispatch that names no agent "
                                  "overtakes, and tokens take turns") {
  auto waiting = [this](const char* id, const char* token,
                        dispatch_priority priority, const char* needs = "c++") {
    request("", id, [=](dispatch_order& x) {
      require({needs}, true)(x);
      x.from.token = token;
      x.options.priority = priority;
    });
  };
  waiting("a-1", "a", dispatch_priority::normal);
  waiting("a-2", "a", dispatch_priority::normal);
  waiting("low", "a", dispatch_priority::low);
  waiting("b-1", "b", dispatch_priority::normal);
  waiting("high", "b", dispatch_priority::high);
  CHECK(place_of("", "high") == 0);
  CHECK(place_of("", "a-1") == 1);
  CHECK(place_of("", "b-1") == 2);
  CHECK(place_of("", "a-2") == 3);
  CHECK(place_of("", "low") == 4);
  SUBCASE("one that the agent cannot do waits on") {
    waiting("java", "a", dispatch_priority::high, "java");
    auto able = register_able("able", {"c++"});
    CHECK(serve_all("able", *able) == "high a-1 b-1 a-2 low");
    CHECK(place_of("", "java") == 0);
  }
  SUBCASE("one that is cancelled is not waited for") {
    cancel("", "high");
    cancel("", "a-1");
    CHECK(place_of("", "a-2") == 0);
    auto able = register_able("able", {"c++"});
    CHECK(serve_all("able", *able) == "a-2 b-1 low");
  }
}

TEST_CASE_FIXTURE(one_slot_world, "those that wait without an agent share one "
                                  "limit, which the refusal states") {
  context().agent.max_pending = 2;
  auto first = request("", "m-1", require({"c++"}, true));
  auto second = request("", "m-2", require({"java"}, true));
  auto refused = request("", "m-3", require({"sql"}, true));
  CHECK(refused->outcome() == "too_many_pending");
  CHECK(refused->why()->detail
        == "Too many dispatches wait for an agent that can do them. Connect "
           "such an agent, or try again when some of them have ended");
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
