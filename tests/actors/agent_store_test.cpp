#include "actors/stored_world.hpp"
#include "actors/tell.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <future>
#include <optional>
#include <string>
#include <variant>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

/// The types of the frames that a bridge was sent.
std::string types(fake_websocket& socket) {
  std::string out;
  for (const auto& frame : socket.take_sent())
    out += parsed(frame)["type"].get<std::string>() + ' ';
  return out;
}

/// How often a dispatch was queued, according to its events on record.
std::ptrdiff_t times_queued(stored_world& world, const std::string& id) {
  std::promise<std::optional<past_events>> found;
  world.store->reader().events(
      message_id{id}, 0, std::size_t{1} << 20, [&](auto answer) {
        found.set_value(std::move(answer.value).value_or(std::nullopt));
      });
  auto events = found.get_future().get().value().events;
  return std::count_if(events.begin(), events.end(), [](const auto& x) {
    return std::holds_alternative<task_queued>(x->body);
  });
}

} // namespace

TEST_CASE_FIXTURE(stored_world, "neither the frame nor the acceptance leaves "
                                "before the dispatch is on record") {
  auto link = enter("alpha");
  commit();
  std::ignore = link.socket->take_sent();
  auto stream = follow("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  CHECK(outcome->answer->pending());
  CHECK(types(*link.socket).empty());
  CHECK(stream->live.empty());
  commit();
  CHECK(outcome->answer->value);
  CHECK(types(*link.socket) == "dispatch ");
  CHECK(stream->types() == "task_dispatched");
  CHECK(stored("m-1").row.state == dispatch_state::sent);
}

TEST_CASE_FIXTURE(stored_world, "those who follow an event hear of it before "
                                "anything follows from its commit") {
  auto stream = follow("alpha");
  run();
  std::optional<std::size_t> heard;
  store_deliveries tested{
      context(), [this](auto turn) { thread().post(std::move(turn)); },
      [&](std::uint32_t, const auto&) { heard = stream->live.size(); }};
  announcement alpha;
  alpha.agent = agent_id{"alpha"};
  shared_session session{session_id{"s-1"}};
  auto event =
      event_of(fact::dispatch_cancelled{alpha, session, message_id{"m-1"}});
  event.front()->sequence = context().core.newest_event->load() + 1;
  // Of one commit, so that one turn finds both.
  tested.publish({event.front()});
  tested.complete(0, {store::completion{}});
  run();
  CHECK(heard == 1);
}

TEST_CASE_FIXTURE(stored_world, "a dispatch that must survive a power failure "
                                "waits for the disk, at its start and end") {
  auto link = enter("alpha");
  commit();
  const auto& synced = store->state().synced_commits;
  auto before = synced.load();
  std::ignore = dispatch(make_task("alpha", "m-1"));
  commit();
  CHECK(synced == before);
  auto order = *make_task("alpha", "m-2");
  order.options.level = durability::full;
  std::ignore = dispatch(std::make_shared<const dispatch_order>(order));
  commit();
  CHECK(synced == before + 1);
  link.socket->peer_sends(response_frame("alpha", "m-2", "done"));
  run();
  commit();
  CHECK(synced == before + 2);
}

TEST_CASE_FIXTURE(stored_world, "the outcome is told when it is on record") {
  auto link = enter("alpha");
  auto stream = follow("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  commit();
  link.socket->peer_sends(progress_frame("alpha", "m-1", "working"));
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(outcome->pending());
  commit();
  CHECK(outcome->outcome() == "ok");
  CHECK(stream->types()
        == "agent_connected task_dispatched agent_progress "
           "agent_response");
  auto found = stored("m-1");
  CHECK(found.row.state == dispatch_state::completed);
  REQUIRE(found.results.size() == 1);
  CHECK(found.results[0].answer->content == "done");
}

TEST_CASE_FIXTURE(stored_world, "a dispatch whose bridge leaves while it is "
                                "recorded is never sent, and lost") {
  auto link = enter("alpha");
  commit();
  std::ignore = link.socket->take_sent();
  auto outcome = dispatch(make_task("alpha", "m-1"));
  link.socket->end();
  commit();
  CHECK(outcome->answer->value);
  CHECK(outcome->outcome() == "agent_lost");
  CHECK(types(*link.socket).empty());
  CHECK(stored("m-1").row.state == dispatch_state::lost);
}

TEST_CASE_FIXTURE(stored_world, "a dispatch whose bridge is replaced while it "
                                "is recorded goes to the successor") {
  context().agent.slots = 1;
  auto older = enter("alpha");
  commit();
  dispatch_reply_ptr outcome;
  SUBCASE("as new") {
    outcome = dispatch(make_task("alpha", "m-2"));
  }
  SUBCASE("as sent from the queue") {
    auto first = dispatch(make_task("alpha", "m-1"));
    outcome = dispatch(make_task("alpha", "m-2"));
    commit();
    older.socket->peer_sends(response_frame("alpha", "m-1", "done"));
    run();
  }
  std::ignore = older.socket->take_sent();
  auto newer = enter("alpha");
  commit();
  commit();
  CHECK(older.socket->closed);
  CHECK(types(*older.socket).empty());
  CHECK(types(*newer.socket) == "dispatch ");
  newer.socket->peer_sends(response_frame("alpha", "m-2", "done"));
  run();
  commit();
  CHECK(outcome->outcome() == "ok");
}

TEST_CASE_FIXTURE(stored_world, "a dispatch ends on record, however it ends") {
  auto link = enter("alpha");
  auto order = *make_task("alpha", "m-1");
  order.timeout = 5s;
  auto outcome = dispatch(std::make_shared<const dispatch_order>(order));
  commit();
  SUBCASE("with an error") {
    link.socket->peer_sends(failed_frame("alpha", "m-1", "boom"));
    commit();
    CHECK(stored("m-1").row.state == dispatch_state::failed);
    CHECK(stored("m-1").row.reason == errc::task_failed);
  }
  SUBCASE("with a response that cannot be read") {
    link.socket->peer_sends(
        R"({"type":"response","agent_id":"alpha","message_id":"m-1",)"
        R"("content":1})");
    commit();
    CHECK(outcome->outcome() == "unreadable_response");
    CHECK(stored("m-1").row.state == dispatch_state::failed);
    CHECK(stored("m-1").row.reason == errc::unreadable_response);
  }
  SUBCASE("with its link") {
    link.socket->end();
    commit();
    CHECK(outcome->outcome() == "agent_lost");
    CHECK(stored("m-1").row.state == dispatch_state::lost);
  }
  SUBCASE("with its deadline") {
    pass(6s);
    commit();
    CHECK(outcome->outcome() == "timeout");
    CHECK(stored("m-1").row.state == dispatch_state::timed_out);
  }
}

TEST_CASE_FIXTURE(stored_world, "what a bridge responds to a cancelled "
                                "dispatch is kept as late, and its cost "
                                "counts") {
  context().admissions =
      std::make_shared<admission>(admission_limits{0, 0, {}, {}, {}});
  auto link = enter("alpha");
  auto stream = follow("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  commit();
  caf::anon_send(context().core.registry, cancel_atom_v, agent_id{"alpha"},
                 message_id{"m-1"});
  commit();
  CHECK(outcome->outcome() == "cancelled");
  CHECK(stored("m-1").row.state == dispatch_state::cancelled);
  std::string answer =
      R"({"type":"response","agent_id":"alpha","message_id":"m-1",)"
      R"("content":"late","usage":{"cost_usd":0.5}})";
  link.socket->peer_sends(answer);
  commit();
  auto found = stored("m-1");
  CHECK(found.row.state == dispatch_state::cancelled);
  CHECK(found.row.late == 1);
  REQUIRE(found.results.size() == 1);
  CHECK(found.results[0].is_late);
  CHECK(context().admissions->costs(wall_clock_now()).session.spent
        == micro_usd::from_usd(0.5));
  CHECK(stream->types()
        == "agent_connected task_dispatched task_cancelled agent_error "
           "late_result");
  // A second one is none.
  link.socket->peer_sends(answer);
  commit();
  CHECK(stored("m-1").row.late == 1);
}

TEST_CASE_FIXTURE(stored_world, "a repeated request gets the earlier dispatch, "
                                "and uses up no rate") {
  admission_limits limits = admission_limits::none();
  limits.agent_per_minute = 2;
  context().admissions = std::make_shared<admission>(limits);
  auto link = enter("alpha");
  auto first = *make_task("alpha", "m-1");
  first.key = idempotency_key{"token", "k", "hash", wall_clock_now() + 1h};
  auto one = dispatch(std::make_shared<const dispatch_order>(first));
  commit();
  auto second = first;
  second.task.message = message_id{"m-2"};
  auto two = dispatch(std::make_shared<const dispatch_order>(second));
  commit();
  REQUIRE(two->answer->value);
  CHECK(two->answer->value->message.str() == "m-1");
  auto third = second;
  third.task.message = message_id{"m-3"};
  third.key->body_hash = "other";
  auto three = dispatch(std::make_shared<const dispatch_order>(third));
  commit();
  CHECK(three->outcome() == "idempotency_conflict");
  auto four = dispatch(make_task("alpha", "m-4"));
  commit();
  CHECK(four->answer->value);
}

TEST_CASE_FIXTURE(stored_world, "a dispatch that waits is on record as queued, "
                                "and is sent when its start is on record") {
  context().agent.slots = 1;
  auto link = enter("alpha");
  auto first = dispatch(make_task("alpha", "m-1"));
  auto second = dispatch(make_task("alpha", "m-2"));
  commit();
  CHECK(second->answer->value);
  CHECK(stored("m-2").row.state == dispatch_state::queued);
  CHECK_FALSE(stored("m-2").row.sent);
  std::ignore = link.socket->take_sent();
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(types(*link.socket).empty());
  commit();
  CHECK(types(*link.socket) == "dispatch ");
  CHECK(stored("m-2").row.state == dispatch_state::sent);
  CHECK(stored("m-2").row.sent);
}

TEST_CASE_FIXTURE(stored_world, "every attempt is on record with its result") {
  auto link = enter("alpha");
  auto order = *make_task("alpha", "m-1");
  order.options.retry = {2, true, false, false};
  auto outcome = dispatch(std::make_shared<const dispatch_order>(order));
  commit();
  link.socket->peer_sends(failed_frame("alpha", "m-1", "boom"));
  commit();
  commit();
  auto retried = stored("m-1");
  CHECK(retried.row.attempt == 2);
  CHECK(retried.row.max_attempts == 2);
  CHECK(retried.row.state == dispatch_state::sent);
  REQUIRE(retried.changes.size() == 1);
  CHECK(retried.changes[0].what == store::change_kind::retried);
  link.socket->peer_sends(response_frame("alpha", "m-1.2", "done"));
  commit();
  CHECK(outcome->outcome() == "ok");
  auto found = stored("m-1");
  CHECK(found.row.state == dispatch_state::completed);
  REQUIRE(found.results.size() == 2);
  CHECK(found.results[0].answer->error == "boom");
  CHECK(found.results[1].answer->content == "done");
}

TEST_CASE_FIXTURE(stored_world, "a dispatch whose link ends before its frame "
                                "leaves uses up no attempt") {
  {
    auto link = enter("alpha");
    link.socket->end();
    commit();
  }
  auto order = *make_task("alpha", "m-1");
  order.options.queue_timeout = order.queue_timeout = 1h;
  auto outcome = dispatch(std::make_shared<const dispatch_order>(order));
  commit();
  CHECK(outcome->answer->value);
  CHECK(stored("m-1").row.state == dispatch_state::queued);
  auto link = enter("alpha");
  // Its start is being recorded now.
  link.socket->end();
  commit();
  commit();
  CHECK(stored("m-1").row.state == dispatch_state::queued);
  // Each is on record as an event of this dispatch.
  CHECK(times_queued(*this, "m-1") == 2);
  CHECK(outcome->pending());
  auto again = connect();
  again.socket->peer_sends(register_frame("alpha"));
  commit();
  commit();
  CHECK(types(*again.socket) == "registered dispatch ");
  CHECK(stored("m-1").row.attempt == 1);
}

TEST_CASE_FIXTURE(stored_world, "what waits when the daemon stops is left to "
                                "the next one") {
  context().agent.slots = 1;
  auto link = enter("alpha");
  auto first = dispatch(make_task("alpha", "m-1"));
  auto second = dispatch(make_task("alpha", "m-2"));
  commit();
  context().draining = true;
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  dismiss_agents();
  commit();
  CHECK(stored("m-1").row.state == dispatch_state::completed);
  CHECK(stored("m-2").row.state == dispatch_state::queued);
  CHECK(second->pending());
}

TEST_CASE_FIXTURE(stored_world, "a dispatch that is cancelled while it changes "
                                "its owner is never sent") {
  context().agent.slots = 1;
  auto link = enter("alpha");
  auto first = dispatch(make_task("alpha", "m-1"));
  commit();
  auto order = *make_task("alpha", "m-2");
  order.options.queue_timeout = order.queue_timeout = 1h;
  auto second = dispatch(std::make_shared<const dispatch_order>(order));
  auto cancel = [this] {
    caf::anon_send(context().core.registry, cancel_atom_v, agent_id{"alpha"},
                   message_id{"m-2"});
    run();
  };
  std::ignore = link.socket->take_sent();
  SUBCASE("to its agent's queue") {
    cancel();
    commit();
  }
  SUBCASE("to its bridge") {
    commit();
    link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
    run();
    cancel();
    commit();
  }
  SUBCASE("to the shelf") {
    commit();
    link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
    run();
    link.socket->end();
    run();
    cancel();
    commit();
    commit();
  }
  commit();
  CHECK(second->outcome() == "cancelled");
  CHECK(types(*link.socket).find("dispatch") == std::string::npos);
  CHECK(stored("m-2").row.state == dispatch_state::cancelled);
}
