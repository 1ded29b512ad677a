#include "actors/stored_world.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>

#include <SQLiteCpp/Database.h>
#include <string>
#include <utility>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

// Cordon, drain and uncordon.

namespace {

template <class World>
struct fleet : World {
  fleet() {
    this->context().agent.slots = 1;
  }

  /// Gives an agent a duty, or all of them. The number of those it is news for,
  /// or the reason.
  std::string assign(const std::string& id, agent_duty duty) {
    auto asked = this->template ask<std::uint64_t>(
        this->context().core.registry, duty_atom_v, agent_id{id}, duty);
    settle();
    return asked->value ? std::to_string(*asked->value) : asked->outcome();
  }

  /// Protocol 1.1, with four slots.
  bridge enter_1_1(const std::string& id, json more = json::object()) {
    auto link = this->connect();
    json members{{"protocol", "1.1"}, {"instance_id", "i-1"}, {"slots", 4}};
    members.update(more);
    link.socket->peer_sends(register_frame(id, members));
    settle();
    std::ignore = link.socket->take_sent();
    return link;
  }

  bridge enter_stock(const std::string& id) {
    auto link = this->connect();
    link.socket->peer_sends(register_frame(id));
    settle();
    std::ignore = link.socket->take_sent();
    return link;
  }

  dispatch_reply_ptr send(const std::string& id, const std::string& message,
                          bool may_wait = false) {
    auto order = std::make_shared<dispatch_order>(*make_task(id, message));
    order->queue_timeout = 1h;
    if (may_wait)
      order->options.queue_timeout = 1h;
    auto out = this->dispatch(order);
    settle();
    return out;
  }

  void respond(bridge& link, const std::string& id,
               const std::string& message) {
    link.socket->peer_sends(response_frame(id, message, "done"));
    settle();
  }

  void settle() {
    if constexpr (std::is_same_v<World, stored_world>)
      this->commit();
    else
      this->run();
  }
};

/// The types of the frames that were sent since the last time, and the ids of
/// dispatches.
std::string news(fake_websocket& socket) {
  std::string out;
  for (const auto& text : socket.take_sent()) {
    auto frame = parsed(text);
    auto type = frame["type"].get<std::string>();
    out += (type == "dispatch" ? frame["message_id"].get<std::string>() : type)
           + ' ';
  }
  return out;
}

using fleet_world = fleet<started_world>;
using stored_fleet = fleet<stored_world>;

} // namespace

// -- cordon -------------------------------------------------------------------

TEST_CASE_FIXTURE(fleet_world, "a cordoned agent keeps its link and finishes "
                               "what it has, and what comes later waits") {
  auto link = enter_stock("alpha");
  auto first = send("alpha", "m-1");
  CHECK(assign("alpha", agent_duty::cordoned) == "1");
  CHECK(view("alpha").is_cordoned);
  auto second = send("alpha", "m-2");
  CHECK(second->answer->value);
  respond(link, "alpha", "m-1");
  CHECK(first->outcome() == "ok");
  CHECK(news(*link.socket) == "m-1 ");
  CHECK_FALSE(link.socket->closed);
  CHECK(second->outcome() == "pending");
  CHECK(assign("alpha", agent_duty::working) == "1");
  CHECK_FALSE(view("alpha").is_cordoned);
  CHECK(news(*link.socket) == "m-2 ");
}

TEST_CASE_FIXTURE(fleet_world, "a cordoned agent is not chosen for a dispatch "
                               "that names none, and takes none that waits") {
  auto link = enter_1_1("alpha", {{"labels", {{"gpu", "a100"}}}});
  std::ignore = assign("alpha", agent_duty::cordoned);
  auto to_any = [this](const std::string& message, bool may_wait) {
    auto order = std::make_shared<dispatch_order>(*make_task("", message));
    order->require = {"gpu=a100"};
    order->queue_timeout = 1h;
    if (may_wait)
      order->options.queue_timeout = 1h;
    return dispatch(order);
  };
  CHECK(to_any("m-1", false)->outcome() == "agent_not_connected");
  auto waiting = to_any("m-2", true);
  CHECK(waiting->answer->value);
  CHECK(news(*link.socket).empty());
  std::ignore = assign("alpha", agent_duty::working);
  CHECK(news(*link.socket) == "m-2 ");
}

TEST_CASE_FIXTURE(fleet_world,
                  "a dispatch that only cordoned agents could do is "
                  "refused with their names") {
  auto why_refused = [this] {
    auto order = std::make_shared<dispatch_order>(*make_task("", "m-1"));
    order->require = {"gpu=a100"};
    return dispatch(order)->why().value().detail;
  };
  auto none = "No connected agent has the required capabilities and labels";
  CHECK(why_refused() == none);
  std::vector<bridge> links;
  for (auto id : {"a", "b", "c", "d", "e"})
    links.push_back(enter_1_1(id, {{"labels", {{"gpu", "a100"}}}}));
  links.push_back(enter_1_1("other"));
  std::ignore = assign("", agent_duty::cordoned);
  CHECK(why_refused()
        == "No agent with the required capabilities and labels takes new "
           "dispatches. Cordoned: a, b, c and 2 more. Use `bridgekeeper "
           "uncordon ID` to let an agent work again");
  for (std::size_t i = 1; i < 5; ++i)
    links[i].socket->end();
  run();
  CHECK(why_refused()
        == "No agent with the required capabilities and labels takes new "
           "dispatches. Cordoned: a. Use `bridgekeeper uncordon ID` to let an "
           "agent work again");
  links[0].socket->end();
  run();
  CHECK(why_refused() == none);
}

TEST_CASE_FIXTURE(fleet_world, "a cordon outlives the link and the registry, "
                               "and no dispatch slips through") {
  auto link = enter_stock("alpha");
  std::ignore = assign("alpha", agent_duty::cordoned);
  auto waiting = send("alpha", "m-1", true);
  SUBCASE("another link") {
    link.socket->end();
    run();
    CHECK(view("alpha").is_cordoned);
    link = connect();
    link.socket->peer_sends(register_frame("alpha"));
    run();
    CHECK(news(*link.socket) == "registered ");
  }
  SUBCASE("another registry") {
    kill_and_recover("registry");
    CHECK(view("alpha").is_cordoned);
  }
  SUBCASE("a registry that died while the agent was away") {
    link.socket->end();
    kill_and_recover("registry");
    link = connect();
    link.socket->peer_sends(register_frame("alpha"));
    run();
    CHECK(news(*link.socket) == "registered ");
  }
  CHECK(waiting->outcome() == "pending");
  std::ignore = send("alpha", "m-2", true);
  CHECK(news(*link.socket).empty());
  CHECK(assign("alpha", agent_duty::working) == "1");
  CHECK(news(*link.socket) == "m-1 ");
}

TEST_CASE_FIXTURE(fleet_world, "all known agents are cordoned at once, and an "
                               "unknown one cannot be") {
  CHECK(assign("", agent_duty::cordoned) == "0");
  auto a = enter_stock("a");
  auto b = enter_stock("b");
  b.socket->end();
  run();
  CHECK(assign("nobody", agent_duty::cordoned) == "unknown_agent");
  CHECK(assign("a", agent_duty::cordoned) == "1");
  CHECK(assign("a", agent_duty::cordoned) == "0");
  CHECK(assign("", agent_duty::cordoned) == "1");
  CHECK(view("b").is_cordoned);
  CHECK(assign("", agent_duty::working) == "2");
  // Only what is known is meant.
  std::ignore = assign("", agent_duty::cordoned);
  auto c = enter_stock("c");
  CHECK_FALSE(view("c").is_cordoned);
}

TEST_CASE_FIXTURE(fleet_world, "uncordoning does not undo what the bridge "
                               "itself wants") {
  auto link = enter_1_1("alpha");
  link.socket->peer_sends(R"({"type":"drain","agent_id":"alpha"})");
  run();
  std::ignore = assign("alpha", agent_duty::cordoned);
  std::ignore = assign("alpha", agent_duty::working);
  auto waiting = send("alpha", "m-1");
  CHECK(waiting->outcome() == "pending");
  CHECK(news(*link.socket).empty());
}

// -- drain --------------------------------------------------------------------

TEST_CASE_FIXTURE(fleet_world, "a drained agent finishes what it has, and then "
                               "its link is closed") {
  auto link = enter_stock("alpha");
  auto events = follow();
  auto outcome = send("alpha", "m-1");
  auto waiting = send("alpha", "m-2", true);
  auto lost = send("alpha", "m-3");
  CHECK(assign("alpha", agent_duty::draining) == "1");
  CHECK_FALSE(link.socket->closed);
  respond(link, "alpha", "m-1");
  CHECK(outcome->outcome() == "ok");
  REQUIRE(link.socket->closed);
  CHECK(link.socket->closed->code == 1001);
  CHECK(link.socket->closed->text == "Drained by the operator");
  CHECK(news(*link.socket) == "m-1 ");
  CHECK(count("agent") == 0);
  CHECK(lost->outcome() == "drained");
  CHECK(waiting->outcome() == "pending");
  auto back = enter_stock("alpha");
  CHECK_FALSE(back.socket->closed);
  CHECK(news(*back.socket).empty());
  std::ignore = assign("alpha", agent_duty::working);
  CHECK(news(*back.socket) == "m-2 ");
}

TEST_CASE_FIXTURE(fleet_world, "a bridge that speaks 1.1 is told that it is "
                               "drained and when to come back") {
  auto link = enter_1_1("alpha");
  CHECK(assign("alpha", agent_duty::draining) == "1");
  auto sent = link.socket->take_sent();
  REQUIRE(sent.size() == 1);
  auto frame = parsed(sent.front());
  CHECK(frame["type"] == "goaway");
  CHECK(frame["reason"] == "drained");
  CHECK(frame["reconnect_after_ms"] == 60'000);
  CHECK(link.socket->closed.value().code == 1001);
}

TEST_CASE_FIXTURE(fleet_world, "a drain can be called off while the agent is "
                               "still at work") {
  auto link = enter_stock("alpha");
  std::ignore = send("alpha", "m-1");
  std::ignore = assign("alpha", agent_duty::draining);
  SUBCASE("it works on") {
    CHECK(assign("alpha", agent_duty::working) == "1");
    respond(link, "alpha", "m-1");
    std::ignore = send("alpha", "m-2");
    CHECK(news(*link.socket) == "m-1 m-2 ");
  }
  SUBCASE("it stays cordoned") {
    CHECK(assign("alpha", agent_duty::cordoned) == "0");
    respond(link, "alpha", "m-1");
  }
  CHECK_FALSE(link.socket->closed);
}

TEST_CASE_FIXTURE(fleet_world,
                  "a drained agent leaves when what it has ends in "
                  "another way") {
  auto link = enter_stock("alpha");
  auto outcome = send("alpha", "m-1");
  std::ignore = assign("", agent_duty::draining);
  SUBCASE("it is cancelled") {
    caf::anon_send(link.aut, cancel_atom_v, message_id{"m-1"});
    run();
    CHECK(outcome->outcome() == "cancelled");
  }
  SUBCASE("its time is over") {
    pass(11min, 10s);
  }
  CHECK(link.socket->closed);
}

TEST_CASE_FIXTURE(fleet_world, "a bridge that still lists what it has is not "
                               "sent away") {
  auto link = enter_1_1("alpha", {{"resume_more", true}});
  std::ignore = assign("alpha", agent_duty::draining);
  CHECK_FALSE(link.socket->closed);
  link.socket->peer_sends(
      R"({"type":"resume","agent_id":"alpha","resume":[],"more":false})");
  run();
  CHECK(link.socket->closed);
}

// -- with a store -------------------------------------------------------------

TEST_CASE_FIXTURE(stored_fleet, "a cordon is on record before it is answered, "
                                "until the agent is forgotten") {
  auto link = enter_stock("alpha");
  auto is_cordoned = [this] {
    SQLite::Database db{(directory / store::file_name).string()};
    return db.execAndGet("SELECT cordoned FROM agents WHERE id = 'alpha'")
               .getInt()
           != 0;
  };
  auto asked = ask<std::uint64_t>(context().core.registry, duty_atom_v,
                                  agent_id{"alpha"}, agent_duty::cordoned);
  run();
  CHECK(asked->pending());
  commit();
  CHECK(asked->value == std::uint64_t{1});
  CHECK(is_cordoned());
  // What the bridge announces later changes nothing.
  link.socket->end();
  link = enter_stock("alpha");
  CHECK(is_cordoned());
  link.socket->end();
  commit();
  CHECK(answer<bool>(context().core.registry, forget_atom_v, agent_id{"alpha"})
            .value);
  commit();
  link = enter_stock("alpha");
  CHECK_FALSE(view("alpha").is_cordoned);
  CHECK_FALSE(is_cordoned());
}

TEST_CASE_FIXTURE(stored_fleet, "a drained bridge is told that its last result "
                                "is on record before its link is closed") {
  auto link = enter_1_1("alpha");
  auto outcome = send("alpha", "m-1");
  auto waiting = send("alpha", "m-2");
  std::ignore = assign("alpha", agent_duty::draining);
  CHECK(news(*link.socket) == "m-1 m-2 ");
  respond(link, "alpha", "m-1");
  CHECK(news(*link.socket) == "ack ");
  CHECK_FALSE(link.socket->closed);
  respond(link, "alpha", "m-2");
  commit();
  CHECK(news(*link.socket) == "ack goaway ");
  CHECK(link.socket->closed.value().code == 1001);
  CHECK(outcome->outcome() == "ok");
  CHECK(waiting->outcome() == "ok");
}

TEST_CASE_FIXTURE(stored_fleet, "a dispatch that was accepted before the agent "
                                "was drained is finished") {
  auto link = enter_stock("alpha");
  // Recorded as sent, and the frame has yet to leave.
  auto outcome = dispatch(make_task("alpha", "m-1"));
  caf::anon_send(link.aut, duty_atom_v, agent_duty::draining);
  run();
  CHECK_FALSE(link.socket->closed);
  commit();
  CHECK(news(*link.socket) == "m-1 ");
  CHECK_FALSE(link.socket->closed);
  respond(link, "alpha", "m-1");
  commit();
  CHECK(outcome->outcome() == "ok");
  CHECK(link.socket->closed);
}
