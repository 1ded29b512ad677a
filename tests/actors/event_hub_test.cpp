#include "actors/event_publication.hpp"
#include "actors/fixture.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

struct hub_world : started_world {
  event_hub_actor aut = context().core.events;

  ~hub_world() {
    aut = nullptr;
  }

  void publish(const std::string& agent) {
    auto draft = std::make_shared<event_publication>();
    draft->agent = agent_id{agent};
    draft->body = agent_connected{};
    ++event_backlog();
    caf::anon_send(aut, publish_atom_v, event_draft{draft});
  }

  std::shared_ptr<event_record> subscribe(std::optional<agent_id> agent,
                                          std::uint64_t after = 0) {
    auto out = std::make_shared<event_record>();
    caf::anon_send(aut, follow_atom_v,
                   subscription{listener(out),
                                agent ? stream_name{*agent} : stream_name{},
                                after});
    return out;
  }

  static std::string numbers(const std::vector<event_ptr>& events) {
    std::string out;
    for (const auto& x : events)
      out += std::to_string(x->sequence) + ' ';
    return out;
  }
};

} // namespace

TEST_CASE_FIXTURE(hub_world, "events are numbered without gaps, and no two "
                             "have the same time") {
  auto all = subscribe(std::nullopt);
  for (int i = 0; i < 5000; ++i)
    publish(i % 3 == 0 ? "alpha" : "beta");
  run();
  REQUIRE(all->live.size() == 5000);
  for (std::size_t i = 0; i < all->live.size(); ++i) {
    REQUIRE(all->live[i]->sequence == i + 1);
    if (i > 0)
      REQUIRE(all->live[i]->at > all->live[i - 1]->at);
  }
}

TEST_CASE_FIXTURE(hub_world, "a subscriber gets the past, then what happens, "
                             "and nothing twice") {
  for (int i = 0; i < 3; ++i)
    publish("alpha");
  auto record = subscribe(agent_id{"alpha"});
  for (int i = 0; i < 2; ++i)
    publish("alpha");
  run();
  publish("alpha");
  run();
  CHECK(record->histories == 1);
  CHECK(numbers(record->history) == "1 2 3 ");
  CHECK(numbers(record->live) == "4 5 6 ");
  CHECK_FALSE(record->gap);
}

TEST_CASE_FIXTURE(hub_world, "a subscriber hears of the agent it asked about") {
  auto of_alpha = subscribe(agent_id{"alpha"});
  auto of_beta = subscribe(agent_id{"beta"});
  auto of_all = subscribe(std::nullopt);
  for (auto agent : {"alpha", "beta", "gamma", "alpha"})
    publish(agent);
  run();
  CHECK(numbers(of_alpha->live) == "1 4 ");
  CHECK(numbers(of_beta->live) == "2 ");
  CHECK(numbers(of_all->live) == "1 2 3 4 ");
}

TEST_CASE_FIXTURE(hub_world, "a subscriber that comes back gets what it has "
                             "not seen") {
  for (int i = 0; i < 5; ++i)
    publish("alpha");
  auto record = subscribe(agent_id{"alpha"}, 3);
  run();
  CHECK(numbers(record->history) == "4 5 ");
}

TEST_CASE_FIXTURE(hub_world, "who follows twice hears of nothing twice") {
  auto record = std::make_shared<event_record>();
  auto subscriber = listener(record);
  for (int i = 0; i < 2; ++i)
    caf::anon_send(aut, follow_atom_v,
                   subscription{subscriber, stream_name{agent_id{"alpha"}}});
  publish("alpha");
  run();
  CHECK(numbers(record->live) == "1 ");
}

TEST_CASE_FIXTURE(hub_world, "a subscriber that ends is let go of") {
  auto record = std::make_shared<event_record>();
  auto subscriber = listener(record);
  for (auto agent : {"alpha", "beta"})
    caf::anon_send(aut, follow_atom_v,
                   subscription{subscriber, stream_name{agent_id{agent}}});
  caf::anon_send(aut, follow_atom_v, subscription{subscriber, {}});
  run();
  const auto& inside = state_of<event_hub_state>(aut);
  CHECK(inside.journal->followed_streams() == 3);
  caf::anon_send_exit(subscriber, caf::exit_reason::user_shutdown);
  run();
  CHECK(inside.journal->followed_streams() == 0);
  CHECK(inside.subscriptions.empty());
  publish("alpha");
  run();
  CHECK(record->live.empty());
}

namespace {

/// Many readers, each of a session of its own.
struct crowded_world : hub_world {
  std::vector<event_subscriber> enter_sessions(std::size_t count) {
    std::vector<event_subscriber> out;
    for (std::size_t i = 0; i < count; ++i) {
      auto number = std::to_string(entered++);
      out.push_back(listener(std::make_shared<event_record>()));
      caf::anon_send(aut, follow_atom_v,
                     subscription{out.back(), stream_name{session_id{number}}});
    }
    run();
    return out;
  }

  /// How long the hub's thread is busy while they leave, at best of three.
  std::chrono::nanoseconds leave_taking_of(std::size_t count) {
    auto best = std::chrono::nanoseconds::max();
    for (auto round = 0; round < 3; ++round) {
      for (auto& x : enter_sessions(count))
        caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
      auto begin = std::chrono::steady_clock::now();
      run();
      best = std::min<std::chrono::nanoseconds>(
          best, std::chrono::steady_clock::now() - begin);
    }
    return best;
  }

  std::size_t entered = 0;
};

} // namespace

TEST_CASE_FIXTURE(crowded_world,
                  "a subscriber's leaving costs the same however "
                  "many others stay") {
  auto among_none = leave_taking_of(1000);
  auto others = enter_sessions(20'000);
  auto among_many = leave_taking_of(1000);
  // Looking at every other stream took more than twenty times as long.
  CHECK(among_many < 5 * among_none);
  const auto& inside = state_of<event_hub_state>(aut);
  CHECK(inside.journal->followed_streams() == others.size());
  CHECK(inside.subscriptions.size() == others.size());
  for (auto& x : others)
    caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
  run();
  CHECK(inside.journal->followed_streams() == 0);
  CHECK(inside.subscriptions.empty());
}

TEST_CASE_FIXTURE(hub_world, "what a dispatch does also reaches the session of "
                             "the bridge that works on it") {
  auto link = connect();
  link.socket->peer_sends(
      register_frame("alpha", {{"metadata", {{"session_id", "its-own"}}}}));
  run();
  auto of_bridge = std::make_shared<event_record>();
  auto of_sender = std::make_shared<event_record>();
  for (const auto& [record, session] :
       {std::pair{of_bridge, "its-own"}, std::pair{of_sender, "control"}})
    caf::anon_send(
        aut, follow_atom_v,
        subscription{listener(record), stream_name{session_id{session}}});
  run();
  auto outcome = dispatch(make_task("alpha", "m-1"));
  link.socket->peer_sends(progress_frame("alpha", "m-1", "busy"));
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(of_bridge->types()
        == "agent_connected task_dispatched agent_progress agent_response");
  CHECK(of_sender->types() == "task_dispatched agent_progress agent_response");
  // Each event says which session it belongs to, as before.
  CHECK(of_bridge->live.back()->session->str() == "control");
  auto later =
      answer<past_events>(aut, past_atom_v, stream_name{session_id{"its-own"}});
  REQUIRE(later.value);
  CHECK(numbers(later.value->events) == "1 2 3 4 ");
}

TEST_CASE_FIXTURE(hub_world, "who had ended before it followed is let go of") {
  auto record = std::make_shared<event_record>();
  auto subscriber = listener(record);
  run();
  caf::anon_send_exit(subscriber, caf::exit_reason::user_shutdown);
  run();
  caf::anon_send(aut, follow_atom_v,
                 subscription{subscriber, stream_name{agent_id{"alpha"}}});
  run();
  CHECK(context().journal->followed_streams() == 0);
}

TEST_CASE_FIXTURE(hub_world, "the events not handled yet are counted down") {
  for (int i = 0; i < 10; ++i)
    publish("alpha");
  CHECK(event_backlog() == 10);
  thread().run_once();
  run();
  CHECK(event_backlog() == 0);
}

TEST_CASE_FIXTURE(hub_world, "a hub knows every dispatch and each agent's "
                             "task") {
  auto link = enter("alpha");
  auto task = [this] {
    auto found = answer<task_view>(aut, task_atom_v, agent_id{"alpha"});
    return found.value.value().record;
  };
  CHECK_FALSE(task());
  auto outcome = dispatch(make_task("alpha", "m-1"));
  REQUIRE(task());
  CHECK(task()->message.str() == "m-1");
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  auto record = answer<dispatch_record>(aut, record_atom_v, message_id{"m-1"});
  REQUIRE(record.value);
  CHECK(record.value->status == dispatch_status::completed);
  CHECK(record.value->result->content == "done");
  CHECK(answer<dispatch_record>(aut, record_atom_v, message_id{"m-2"}).outcome()
        == "unknown_dispatch");
}
