#include "domain/dispatch_log.hpp"
#include "domain/events.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

struct log_world {
  dispatch_log aut;
  std::uint64_t sequence = 0;

  explicit log_world(dispatch_log_options options = {}) : aut(options) {}

  void note(event::body_type body, const std::string& agent = "alpha") {
    aut.note(*make_event(++sequence, agent, std::move(body)));
  }

  /// Which dispatch is the agent's task, and how it stands.
  std::string task(const std::string& agent = "alpha") {
    auto found = aut.task_of(agent_id{agent});
    if (found == nullptr)
      return "idle";
    return found->message.str() + " " + std::string{to_string(found->status)};
  }
};

struct short_log_world : log_world {
  short_log_world() : log_world({2, 1'000'000}) {}
};

} // namespace

TEST_CASE_FIXTURE(log_world, "an agent that never had a dispatch is idle") {
  CHECK(task() == "idle");
  note(agent_connected{});
  note(agent_heartbeat_lost{});
  CHECK(task() == "idle");
  CHECK(aut.size() == 0);
}

TEST_CASE_FIXTURE(log_world, "a dispatch runs once there is progress") {
  note(dispatched("m1"));
  CHECK(task() == "m1 dispatched");
  note(progressed("m1", "working"));
  CHECK(task() == "m1 running");
  note(responded("m1", "done"));
  CHECK(task() == "m1 completed");
}

// Contract section 6, number 6.
TEST_CASE_FIXTURE(log_world, "whatever a progress says, it ends no dispatch") {
  note(dispatched("m1"));
  for (auto status : {"completed", "error", "failed", "done", "cancelled"}) {
    note(progressed("m1", status));
    CHECK(task() == "m1 running");
  }
}

TEST_CASE_FIXTURE(log_world, "the task is the newest that is not finished") {
  note(dispatched("m1"));
  note(dispatched("m2"));
  note(dispatched("m3"));
  CHECK(task() == "m3 dispatched");
  note(responded("m3", "done"));
  CHECK(task() == "m2 dispatched");
  note(progressed("m1", "working"));
  CHECK(task() == "m2 dispatched");
  note(failed("m2", errc::timeout));
  CHECK(task() == "m1 running");
}

TEST_CASE_FIXTURE(log_world, "when all are finished, the task is the newest") {
  note(dispatched("m1"));
  note(dispatched("m2"));
  note(responded("m2", "done"));
  note(responded("m1", "done"));
  CHECK(task() == "m2 completed");
}

TEST_CASE_FIXTURE(log_world, "each agent has tasks of its own") {
  note(dispatched("m1"), "alpha");
  note(dispatched("m2"), "beta");
  note(responded("m2", "done"), "beta");
  CHECK(task("alpha") == "m1 dispatched");
  CHECK(task("beta") == "m2 completed");
}

TEST_CASE_FIXTURE(log_world, "a record says when, for whom and how it ended") {
  note(dispatched("m1"));
  note(responded("m1", "forty-two"));
  auto record = aut.find(message_id{"m1"});
  REQUIRE(record != nullptr);
  CHECK(record->agent.str() == "alpha");
  CHECK(record->dispatched_at.time_since_epoch().count() == 1);
  REQUIRE(record->finished_at);
  CHECK(record->finished_at->time_since_epoch().count() == 2);
  REQUIRE(record->result);
  CHECK(record->result->content == "forty-two");
  CHECK_FALSE(record->why);
}

TEST_CASE_FIXTURE(log_world, "a record says why there is no result") {
  note(dispatched("m1"));
  note(failed("m1", errc::agent_lost));
  auto record = aut.find(message_id{"m1"});
  REQUIRE(record != nullptr);
  CHECK(record->status == dispatch_status::error);
  REQUIRE(record->why);
  CHECK(record->why->code == errc::agent_lost);
  CHECK(record->result == nullptr);
}

TEST_CASE_FIXTURE(log_world, "what is finished does not change any more") {
  note(dispatched("m1"));
  note(failed("m1", errc::timeout));
  note(responded("m1", "too late"));
  note(progressed("m1", "working"));
  note(dispatched("m1"));
  CHECK(task() == "m1 error");
  CHECK(aut.size() == 1);
}

TEST_CASE_FIXTURE(log_world, "a response that comes too late still names the "
                             "session that a follow-up continues") {
  note(dispatched("m1"));
  auto session = [this] {
    return agent_session_of(*aut.find(message_id{"m1"}));
  };
  SUBCASE("to a dispatch that has ended") {
    note(failed("m1", errc::timeout));
    CHECK(session().empty());
    auto before = aut.finished_bytes();
    note(answered_late("m1", "s-1"));
    CHECK(aut.finished_bytes() == before + 3);
    CHECK(session() == "s-1");
    note(answered_late("m1", "s-10"));
    CHECK(aut.finished_bytes() == before + 4);
    CHECK(session() == "s-10");
    note(answered_late("m1", ""));
    CHECK(session() == "s-10");
  }
  SUBCASE("to an earlier attempt") {
    note(answered_late("m1", "s-10"));
    CHECK(session().empty());
    note(failed("m1", errc::timeout));
    CHECK(session() == "s-10");
  }
  auto record = aut.find(message_id{"m1"});
  CHECK(record->result == nullptr);
  CHECK(record->why->code == errc::timeout);
  CHECK(aut.size() == 1);
}

TEST_CASE_FIXTURE(log_world, "news of an unknown dispatch is ignored") {
  note(answered_late("m9", "s-1"));
  note(progressed("m9", "working"));
  note(responded("m9", "done"));
  note(failed("m9", errc::timeout));
  CHECK(aut.find(message_id{"m9"}) == nullptr);
  CHECK(aut.size() == 0);
}

TEST_CASE_FIXTURE(short_log_world, "of finished dispatches the last are kept") {
  for (auto id : {"m1", "m2", "m3"}) {
    note(dispatched(id));
    note(responded(id, "done"));
  }
  CHECK(aut.size() == 2);
  CHECK(aut.find(message_id{"m1"}) == nullptr);
  CHECK(aut.find(message_id{"m2"}) != nullptr);
  CHECK(task() == "m3 completed");
}

TEST_CASE_FIXTURE(short_log_world, "every unfinished dispatch is kept") {
  for (int i = 0; i < 1000; ++i)
    note(dispatched("m" + std::to_string(i)));
  CHECK(aut.size() == 1000);
  CHECK(task() == "m999 dispatched");
}

TEST_CASE_FIXTURE(short_log_world,
                  "an agent all of whose past is gone is idle") {
  note(dispatched("m1"), "alpha");
  note(responded("m1", "done"), "alpha");
  for (auto agent : {"beta", "gamma"}) {
    note(dispatched(agent), agent);
    note(responded(agent, "done"), agent);
  }
  CHECK(task("alpha") == "idle");
  CHECK(task("beta") == "beta completed");
}

TEST_CASE("results are forgotten when they take up too much memory") {
  dispatch_log aut{{1000, 20'000}};
  std::uint64_t sequence = 0;
  for (int i = 0; i < 10; ++i) {
    auto id = "m" + std::to_string(i);
    aut.note(*make_event(++sequence, "alpha", dispatched(id)));
    aut.note(*make_event(++sequence, "alpha",
                         responded(id, std::string(9000, 'x'))));
  }
  CHECK(aut.size() == 2);
  CHECK(aut.find(message_id{"m9"}) != nullptr);
}

TEST_CASE_FIXTURE(
    short_log_world,
    "a task that outlived newer ones does not vanish at its end") {
  note(dispatched("slow"));
  for (auto id : {"m1", "m2", "m3"}) {
    note(dispatched(id));
    note(responded(id, "done"));
  }
  CHECK(task() == "slow dispatched");
  for (auto id : {"b1", "b2", "b3"}) {
    note(dispatched(id), "beta");
    note(responded(id, "done"), "beta");
  }
  note(responded("slow", "done"));
  CHECK(task() == "slow completed");
}

TEST_CASE_FIXTURE(short_log_world,
                  "dispatches that ended in another order than they began are "
                  "forgotten one by one") {
  note(dispatched("m1"));
  note(dispatched("m2"));
  note(responded("m2", "done"));
  note(responded("m1", "done"));
  CHECK(task() == "m2 completed");
  note(dispatched("b1"), "beta");
  note(responded("b1", "done"), "beta");
  CHECK(task() == "m1 completed");
  for (auto agent : {"gamma", "delta"}) {
    note(dispatched(agent), agent);
    note(responded(agent, "done"), agent);
  }
  CHECK(task() == "idle");
  CHECK(aut.size() == 2);
}

TEST_CASE_FIXTURE(short_log_world, "of several tasks that outlived newer ones "
                                   "the newest is the agent's") {
  note(dispatched("slow-1"));
  note(dispatched("slow-2"));
  for (auto id : {"b1", "b2", "b3"}) {
    note(dispatched(id));
    note(responded(id, "done"));
  }
  note(responded("slow-1", "done"));
  CHECK(task() == "slow-2 dispatched");
  note(responded("slow-2", "done"));
  CHECK(task() == "slow-2 completed");
  for (auto agent : {"beta", "gamma", "delta"}) {
    note(dispatched(agent), agent);
    note(responded(agent, "done"), agent);
  }
  CHECK(task() == "idle");
}

TEST_CASE("an agent's many dispatches push out no record of others") {
  log_world world{{100, 1'000'000}};
  for (auto id : {"b1", "b2", "b3"}) {
    world.note(dispatched(id), "beta");
    world.note(responded(id, "done"), "beta");
  }
  for (auto i = 0; i < 1000; ++i) {
    auto id = "a" + std::to_string(i);
    world.note(dispatched(id), "alpha");
    world.note(responded(id, "done"), "alpha");
  }
  CHECK(world.aut.size() == 100);
  for (auto id : {"b1", "b2", "b3"})
    CHECK(world.aut.find(message_id{id}) != nullptr);
  CHECK(world.aut.find(message_id{"a902"}) == nullptr);
  CHECK(world.aut.find(message_id{"a903"}) != nullptr);
}

TEST_CASE("an agent's large results push out no record of others") {
  log_world world{{1000, 100'000}};
  world.note(dispatched("b1"), "beta");
  world.note(responded("b1", "done"), "beta");
  for (auto size : {40'000, 40'000, 40'000, 200'000, 40'000}) {
    auto id = "a" + std::to_string(world.sequence);
    world.note(dispatched(id), "alpha");
    world.note(responded(id, std::string(static_cast<std::size_t>(size), 'x')),
               "alpha");
    // The newest is there, however large it is.
    CHECK(world.aut.find(message_id{id}) != nullptr);
    CHECK(world.task("beta") == "b1 completed");
  }
  CHECK(world.aut.size() == 2);
}

// -- erasing ------------------------------------------------------------------

TEST_CASE_FIXTURE(log_world, "a finished dispatch can be forgotten") {
  for (const auto* id : {"m1", "m2", "m3"}) {
    note(dispatched(id));
    note(responded(id, "done"));
  }
  auto before = aut.finished_bytes();
  aut.forget(message_id{"m3"});
  CHECK(aut.find(message_id{"m3"}) == nullptr);
  CHECK(task() == "m2 completed");
  CHECK(aut.newest_of(agent_id{"alpha"}) == message_id{"m2"});
  aut.forget(message_id{"m1"});
  CHECK(task() == "m2 completed");
  CHECK(aut.finished_bytes() < before);
  aut.forget(message_id{"m2"});
  CHECK(task() == "idle");
  CHECK(aut.size() == 0);
  CHECK(aut.finished_bytes() == 0);
}

TEST_CASE_FIXTURE(log_world, "the newest of those that remain is the one that "
                             "began last") {
  for (const auto* id : {"m1", "m2", "m3", "m4"})
    note(dispatched(id));
  for (const auto* id : {"m4", "m2", "m1"})
    note(responded(id, "done"));
  aut.forget(message_id{"m4"});
  CHECK(aut.newest_of(agent_id{"alpha"}) == message_id{"m3"});
  note(responded("m3", "done"));
  aut.forget(message_id{"m3"});
  CHECK(aut.newest_of(agent_id{"alpha"}) == message_id{"m2"});
}

TEST_CASE_FIXTURE(log_world, "an unfinished dispatch is not forgotten") {
  note(dispatched("m1"));
  aut.forget(message_id{"m1"});
  CHECK(task() == "m1 dispatched");
  note(dispatched("m2"));
  note(responded("m2", "done"));
  note(dispatched("m3"), "beta");
  note(responded("m3", "done"), "beta");
  aut.forget(agent_id{"alpha"});
  CHECK(task() == "m1 dispatched");
  CHECK(aut.find(message_id{"m2"}) == nullptr);
  CHECK(task("beta") == "m3 completed");
  aut.forget(agent_id{"beta"});
  CHECK(task("beta") == "idle");
}
