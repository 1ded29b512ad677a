#include "actors/stored_world.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>

#include <SQLiteCpp/Database.h>
#include <thread>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

constexpr std::size_t too_many_events = 20'000;

struct busy_world : started_world {
  bridge link = enter("alpha");
  dispatch_reply_ptr outcome = dispatch(make_task("alpha", "m-1"));
  /// Reading is paused once for a while as a bridge registers.
  std::size_t pauses_before = link.socket->times_paused;

  ~busy_world() {
    event_backlog() = 0;
  }
};

} // namespace

TEST_CASE_FIXTURE(busy_world, "while the hub is behind, bridges that produce "
                              "events are read more slowly") {
  event_backlog() = too_many_events;
  link.socket->peer_sends(progress_frame("alpha", "m-1", "one"));
  link.socket->peer_sends(progress_frame("alpha", "m-1", "two"));
  CHECK(link.socket->paused);
  CHECK(link.socket->times_paused == pauses_before + 1);
  CHECK(context().counts.progress_reports.value() == 1);
  pass(20ms, 1ms);
  CHECK(context().counts.progress_reports.value() == 2);
}

TEST_CASE_FIXTURE(busy_world, "reading goes on at full speed when the hub has "
                              "caught up") {
  event_backlog() = too_many_events;
  link.socket->peer_sends(progress_frame("alpha", "m-1", "one"));
  REQUIRE(link.socket->paused);
  event_backlog() = 0;
  pass(20ms, 1ms);
  event_backlog() = 0;
  CHECK_FALSE(link.socket->paused);
  auto pauses = link.socket->times_paused;
  for (int i = 0; i < 10; ++i)
    link.socket->peer_sends(progress_frame("alpha", "m-1", "more"));
  CHECK(link.socket->times_paused == pauses);
}

TEST_CASE_FIXTURE(started_world, "a bridge is read more slowly while the "
                                 "requester of what it says is behind") {
  auto link = enter("alpha");
  auto is_behind = std::make_shared<std::atomic<bool>>(true);
  dispatch_order order = *make_task("alpha", "m-1");
  order.requester_is_behind = is_behind;
  auto slow = dispatch(std::make_shared<const dispatch_order>(order));
  auto other = dispatch(make_task("alpha", "m-2"));
  auto pauses = link.socket->times_paused;
  link.socket->peer_sends(progress_frame("alpha", "m-2", "not for them"));
  CHECK(link.socket->times_paused == pauses);
  link.socket->peer_sends(progress_frame("alpha", "m-1", "one"));
  link.socket->peer_sends(progress_frame("alpha", "m-1", "two"));
  CHECK(link.socket->paused);
  CHECK(context().counts.progress_reports.value() == 2);
  pass(100ms, 1ms);
  CHECK(context().counts.progress_reports.value() == 3);
  *is_behind = false;
  pass(100ms, 1ms);
  CHECK_FALSE(link.socket->paused);
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  CHECK_FALSE(link.socket->paused);
  run();
  CHECK(slow->outcome() == "ok");
}

TEST_CASE_FIXTURE(busy_world, "heartbeats are read while the hub is behind") {
  event_backlog() = too_many_events;
  for (int i = 0; i < 10; ++i)
    link.socket->peer_sends(heartbeat_frame("alpha"));
  CHECK_FALSE(link.socket->paused);
  CHECK(context().counts.heartbeats.value() == 10);
}

TEST_CASE_FIXTURE(busy_world, "an agent may end while its reading is paused") {
  event_backlog() = too_many_events;
  link.socket->peer_sends(progress_frame("alpha", "m-1", "one"));
  REQUIRE(link.socket->paused);
  link.socket->end();
  event_backlog() = 0;
  link.aut = nullptr;
  pass(1s);
  CHECK(outcome->outcome() == "agent_lost");
  CHECK(count("agent") == 0);
}

TEST_CASE_FIXTURE(stored_world, "a store that cannot be written does not fill "
                                "the memory with what bridges report") {
  auto link = enter("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  commit();
  SQLite::Database other{(directory / store::file_name).string(),
                         SQLite::OPEN_READWRITE, 1'000};
  other.exec("BEGIN IMMEDIATE");
  progress report;
  report.text.assign(store_backlog_memory + 1, 'x');
  auto x = std::make_shared<event_streams::entry>();
  x->agent = agent_id{"alpha"};
  x->session = share(session_id{make_uuid()});
  x->body = agent_progress{std::make_shared<const progress>(std::move(report))};
  context().store->submit(store::record_events{{std::move(x)}});
  // The writer waits for the lock for a while. Then it keeps the report, and
  // refuses what may be refused.
  auto is_refused = false;
  context().store->submit(
      store::forget_agent{agent_id{"nobody"}},
      [&is_refused](const store::completion&) { is_refused = true; });
  wait_until([&is_refused] { return is_refused; });
  REQUIRE(store->state().parked_bytes > store_backlog_memory);
  link.socket->peer_sends(progress_frame("alpha", "m-1", "one"));
  link.socket->peer_sends(progress_frame("alpha", "m-1", "two"));
  // Its heartbeats are not read either, so it is not taken for dead.
  pass(2min);
  CHECK(link.socket->paused);
  CHECK(link.socket->is_open());
  CHECK(context().counts.progress_reports.value() == 1);
  other.exec("ROLLBACK");
  wait_until([this] {
    return context().store->waiting_bytes() < store_backlog_limit;
  });
  // The next tick may come before it is read again.
  REQUIRE(link.socket->paused);
  caf::anon_send(link.aut, tick_atom_v);
  run();
  CHECK(link.socket->is_open());
  pass(40ms, 1ms);
  CHECK_FALSE(link.socket->paused);
  CHECK(context().counts.progress_reports.value() == 2);
  pass(20s);
  CHECK(link.socket->is_open());
}

TEST_CASE("a large event counts as many in the hub's backlog") {
  response result;
  event x;
  x.body = agent_response{std::make_shared<const response>(result)};
  CHECK(backlog_weight(x) == 1);
  result.content = std::string(1024 * 1024, 'x');
  x.body = agent_response{std::make_shared<const response>(result)};
  CHECK(backlog_weight(x) == 257);
}

TEST_CASE("events of another thread are counted back to nothing") {
  started_world aut{2};
  auto link = aut.enter("alpha", 1);
  auto outcome = aut.dispatch(make_task("alpha", "m-1"));
  link.socket->peer_sends(
      response_frame("alpha", "m-1", std::string(100'000, 'x')));
  CHECK(aut.event_backlog() > 20);
  aut.run();
  CHECK(outcome->outcome() == "ok");
  CHECK(aut.event_backlog() == 0);
}
