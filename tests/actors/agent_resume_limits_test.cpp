#include "actors/resuming_world.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

// What bridges of protocol 1.1 may ask of the daemon, and what happens when the
// core or the daemon ends while they register.

namespace {

using in_memory = resuming<started_world>;

struct handing_in : resuming<stored_world> {
  /// The bridge hands in responses of dispatches that the daemon does not know.
  void send_unknown(bridge& link, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      link.socket->peer_sends(
          response_frame("alpha", "u-" + std::to_string(i), "done"));
    run();
  }

  /// Waits until so many responses are acknowledged; returns their ids.
  std::vector<std::string> await_acks(bridge& link, std::size_t count) {
    std::vector<std::string> out;
    wait_until([&] {
      for (const auto& x : frames(*link.socket, "ack"))
        out.push_back(x["message_id"]);
      return out.size() >= count;
    });
    std::sort(out.begin(), out.end());
    return out;
  }

  std::size_t lookups(const bridge& link) {
    return state_of<agent_state>(link.aut).lookups;
  }
};

bool are_distinct(const std::vector<std::string>& sorted) {
  return std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
}

/// An earlier link of `alpha`, on another thread, that has yet to put what its
/// bridge has on the shelf.
struct slow_predecessor {
  explicit slow_predecessor(world& where) : where_(where) {
    where_.context().shelf->hold(agent_id{"alpha"}, number_);
  }

  ~slow_predecessor() {
    leave();
  }

  slow_predecessor(const slow_predecessor&) = delete;
  slow_predecessor& operator=(const slow_predecessor&) = delete;

  void leave() {
    where_.context().shelf->release(agent_id{"alpha"}, number_);
    caf::anon_send(where_.context().core.dispatcher, fetch_atom_v,
                   agent_id{"alpha"});
    where_.run();
  }

private:
  world& where_;
  incarnation number_ = where_.view("alpha").number;
};

} // namespace

// -- old results --------------------------------------------------------------

TEST_CASE_FIXTURE(handing_in,
                  "a bridge that sends many unknown responses cannot "
                  "queue any number of searches in the store") {
  auto link = enter_1_1("alpha", "i-1");
  std::ignore = link.socket->take_sent();
  send_unknown(link, 50);
  CHECK(lookups(link) == max_lookups);
  CHECK(link.socket->paused);
  auto acknowledged = await_acks(link, 50);
  CHECK(acknowledged.size() == 50);
  CHECK(are_distinct(acknowledged));
  CHECK(lookups(link) == 0);
  CHECK_FALSE(link.socket->paused);
}

TEST_CASE_FIXTURE(handing_in,
                  "a response is acknowledged in the end although the "
                  "store could not be read when it arrived") {
  auto link = enter_1_1("alpha", "i-1");
  std::ignore = link.socket->take_sent();
  store->reader().suspend();
  send_unknown(link, max_lookups + 2);
  wait_until([&] {
    return state_of<agent_state>(link.aut).unanswered.size() == max_lookups;
  });
  CHECK(link.socket->paused);
  SUBCASE("at the next attempt") {
    store->reader().resume();
    pass(500ms, 500ms);
  }
  SUBCASE("at a later one") {
    pass(500ms, 500ms);
    wait_until([&] {
      return state_of<agent_state>(link.aut).unanswered.size() == max_lookups;
    });
    store->reader().resume();
    pass(500ms, 500ms);
  }
  auto acknowledged = await_acks(link, max_lookups + 2);
  CHECK(acknowledged.size() == max_lookups + 2);
  CHECK(are_distinct(acknowledged));
  CHECK(lookups(link) == 0);
}

TEST_CASE_FIXTURE(handing_in,
                  "a bridge that the daemon does not read, because of "
                  "its searches, does not look silent") {
  auto link = enter_1_1("alpha", "i-1");
  send_unknown(link, max_lookups);
  CHECK(link.socket->paused);
  // The answers of the store do not arrive meanwhile.
  pass(2min);
  CHECK_FALSE(link.socket->closed);
  CHECK(await_acks(link, max_lookups).size() == max_lookups);
}

// -- the list of what a bridge has --------------------------------------------

TEST_CASE_FIXTURE(in_memory, "a bridge cannot list dispatches without end") {
  auto link = enter_1_1("alpha", "i-1", json::array(), {{"resume_more", true}});
  auto list = [&](std::size_t count) {
    auto entries = json::array();
    for (std::size_t i = 0; i < count; ++i)
      entries.push_back(listed("m-" + std::to_string(i), "running"));
    link.socket->peer_sends(json{
        {"type", "resume"},
        {"agent_id", "alpha"},
        {"resume", std::move(entries)},
        {"more", true}}.dump());
    run();
  };
  for (auto i = 0; i < 100; ++i)
    list(200);
  CHECK_FALSE(link.socket->closed);
  list(1);
  REQUIRE(link.socket->closed);
  CHECK(link.socket->closed->code == 4004);
}

// -- frames that come too late ------------------------------------------------

TEST_CASE_FIXTURE(in_memory, "a frame that the bridge never got is not sent "
                             "when its deadline has passed") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = dispatch(make_task("alpha", "m-1", 20s));
  link.socket->end();
  pass(30s);
  auto back = enter_1_1("alpha", "i-1");
  CHECK(frames(*back.socket, "dispatch").empty());
  CHECK(outcome->outcome() == "timeout");
}

// -- registrations that are interrupted ---------------------------------------

TEST_CASE_FIXTURE(in_memory, "an agent that joined the registry twice, because "
                             "the core changed, is not locked out later") {
  auto older = enter_1_1("alpha", "i-1");
  older.socket->end();
  run();
  bridge link;
  SUBCASE("while it waited for its earlier link") {
    slow_predecessor predecessor{*this};
    link = begin_1_1("alpha", "i-1");
    run();
    CHECK(frames(*link.socket, "registered").empty());
    kill_and_recover("registry");
  }
  SUBCASE("before its first answer") {
    link = begin_1_1("alpha", "i-1");
    replace_core(context(), core_handles{context().core});
    run();
    CHECK(state_of<agent_state>(link.aut).number == incarnation{3});
  }
  CHECK(frames(*link.socket, "registered").size() == 1);
  link.socket->end();
  run();
  auto next = enter_1_1("alpha", "i-1");
  CHECK(frames(*next.socket, "registered").size() == 1);
}

TEST_CASE_FIXTURE(handing_in,
                  "a bridge that is being registered when the daemon "
                  "begins to drain is sent away at once") {
  auto older = enter_1_1("alpha", "i-1");
  older.socket->end();
  run();
  slow_predecessor predecessor{*this};
  auto link = enter_1_1("alpha", "i-1");
  CHECK(frames(*link.socket, "registered").empty());
  begin_draining(context());
  run();
  // A bridge that is closed before it is registered never comes back.
  CHECK_FALSE(link.socket->closed);
  predecessor.leave();
  auto sent = link.socket->take_sent();
  REQUIRE(sent.size() == 2);
  CHECK(parsed(sent[0])["type"] == "registered");
  CHECK(parsed(sent[1])["type"] == "goaway");
  CHECK(link.socket->closed.value().code == 1001);
}

TEST_CASE_FIXTURE(handing_in,
                  "a bridge that waits for its earlier link when the "
                  "daemon ends is told where it stands") {
  auto older = enter_1_1("alpha", "i-1");
  older.socket->end();
  run();
  slow_predecessor predecessor{*this};
  auto link = enter_1_1("alpha", "i-1");
  CHECK(frames(*link.socket, "registered").empty());
  dismiss_agents();
  auto sent = link.socket->take_sent();
  REQUIRE(sent.size() == 2);
  CHECK(parsed(sent[0])["type"] == "registered");
  CHECK(parsed(sent[1])["type"] == "goaway");
  CHECK(link.socket->closed.value().code == 1001);
}
