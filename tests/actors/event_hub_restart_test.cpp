#include "actors/event_journal.hpp"
#include "actors/fixture.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

TEST_CASE_FIXTURE(started_world, "numbers and times go on where the hub's "
                                 "predecessor stopped") {
  auto before = follow();
  auto a = enter("a");
  kill_and_recover("event-hub");
  auto after = follow();
  auto b = enter("b");
  REQUIRE(before->live.size() == 1);
  REQUIRE(after->live.size() == 1);
  CHECK(after->live[0]->sequence == before->live[0]->sequence + 1);
  CHECK(after->live[0]->at > before->live[0]->at);
}

TEST_CASE_FIXTURE(started_world, "the past outlives the hub that knew it") {
  auto a = enter("a");
  kill_and_recover("event-hub");
  auto record = std::make_shared<event_record>();
  caf::anon_send(context().core.events, follow_atom_v,
                 subscription{listener(record), stream_name{agent_id{"a"}}});
  run();
  REQUIRE(record->histories == 1);
  CHECK(record->history.size() == 1);
  CHECK_FALSE(record->gap);
}

TEST_CASE("a hub that is destroyed late leaves its successor's followers "
          "alone") {
  event_journal aut{event_history_options{}};
  auto one = 1;
  auto two = 2;
  aut.begin(&one, {});
  aut.add_follower({}, event_subscriber{});
  aut.begin(&two, {});
  CHECK(aut.followed_streams() == 0);
  aut.add_follower({}, event_subscriber{});
  aut.end(&one);
  CHECK(aut.followed_streams() == 1);
  aut.end(&two);
  CHECK(aut.followed_streams() == 0);
}

TEST_CASE_FIXTURE(started_world, "events that were on their way to a hub that "
                                 "died are not waited for") {
  auto link = enter("alpha");
  auto one = dispatch(make_task("alpha", "m-1"));
  kill("event-hub");
  link.socket->peer_sends(progress_frame("alpha", "m-1", "working"));
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(one->outcome() == "ok");
  CHECK(event_backlog() == 0);
}

TEST_CASE_FIXTURE(started_world, "an event published before the new hub has "
                                 "begun is counted once") {
  auto link = enter("alpha");
  auto one = dispatch(make_task("alpha", "m-1"));
  auto before = context().core.events;
  kill("event-hub");
  while (context().core.events == before)
    REQUIRE(thread().run_once());
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(event_backlog() == 0);
}

namespace {

/// A world in which the second thread has not heard of the new hub yet.
struct late_world : started_world {
  bridge link;
  dispatch_reply_ptr outcome;

  late_world() : started_world(2) {
    link = enter("alpha", 1);
    outcome = dispatch(make_task("alpha", "m-1"));
    kill("event-hub");
    thread(0).run();
  }
};

} // namespace

TEST_CASE_FIXTURE(late_world, "an event sent to the old hub after the new one "
                              "began is not waited for either") {
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(outcome->outcome() == "ok");
  CHECK(event_backlog() == 0);
}

TEST_CASE("an event sent to the new hub before it began does not make the "
          "backlog wrap around") {
  started_world world{2};
  auto link = world.enter("alpha", 1);
  auto outcome = world.dispatch(make_task("alpha", "m-1"));
  auto before = world.context(1).core.events;
  world.kill("event-hub");
  // The second thread hears of the new hub while the first is busy.
  while (world.context(1).core.events == before) {
    REQUIRE(world.thread(0).run_once());
    world.thread(1).run();
  }
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  world.run();
  CHECK(outcome->outcome() == "ok");
  CHECK(world.event_backlog() == 0);
}

TEST_CASE_FIXTURE(started_world, "a dispatch under way is still the agent's "
                                 "task when the hub has died") {
  auto link = enter("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  kill_and_recover("event-hub");
  auto task = [this] {
    auto found = answer<task_view>(context().core.events, task_atom_v,
                                   agent_id{"alpha"});
    return found.value.value().record.value();
  };
  CHECK(task().status == dispatch_status::dispatched);
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  CHECK(task().status == dispatch_status::completed);
  CHECK(outcome->outcome() == "ok");
}
