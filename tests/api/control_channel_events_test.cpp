#include "api/channel_fixture.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <doctest/doctest.h>

#include <algorithm>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

struct subscribing_channel : channel_world {
  bridge alpha = enter("alpha");
  bridge beta = enter("beta");

  void subscribe(const std::string& id, json more = json::object()) {
    json frame = {{"type", "subscribe"}, {"id", id}};
    frame.update(more);
    say(frame);
  }

  /// One event of each bridge's: a dispatch.
  void something_happens() {
    static int number = 0;
    for (auto agent : {"alpha", "beta"})
      auto outcome =
          dispatch(make_task(agent, "m-" + std::to_string(++number)));
  }

  /// Under which id an event of which agent came.
  std::string events() {
    std::string out;
    for (const auto& x : heard())
      if (x["type"] == "event")
        out += x["id"].get<std::string>() + ':'
               + x["event"]["metadata"]["agent_id"].get<std::string>() + ' ';
    return out;
  }
};

} // namespace

TEST_CASE_FIXTURE(subscribing_channel, "a subscription is confirmed and begins "
                                       "with the present") {
  subscribe("s-1");
  CHECK(heard() == std::vector<json>{{{"type", "subscribed"}, {"id", "s-1"}}});
  something_happens();
  CHECK(events() == "s-1:alpha s-1:beta ");
}

TEST_CASE_FIXTURE(subscribing_channel, "a subscription can be to one agent") {
  subscribe("s-1", {{"agent_id", "beta"}});
  something_happens();
  CHECK(events() == "s-1:beta ");
}

TEST_CASE_FIXTURE(subscribing_channel, "an agent may be subscribed to before "
                                       "it is ever seen") {
  subscribe("s-1", {{"agent_id", "gamma"}});
  CHECK(heard_types() == "subscribed ");
  auto gamma = enter("gamma");
  CHECK(events() == "s-1:gamma ");
}

TEST_CASE_FIXTURE(subscribing_channel, "an event carries its number") {
  subscribe("s-1", {{"agent_id", "alpha"}});
  std::ignore = heard();
  something_happens();
  auto events = heard();
  REQUIRE(events.size() == 1);
  CHECK(events[0]["sequence"] == 3);
  CHECK(events[0]["event"]["event_type"] == "task_dispatched");
}

TEST_CASE_FIXTURE(subscribing_channel, "of several subscriptions that cover an "
                                       "event each passes it on once") {
  subscribe("all");
  subscribe("a", {{"agent_id", "alpha"}});
  something_happens();
  CHECK(events() == "all:alpha a:alpha all:beta ");
}

TEST_CASE_FIXTURE(subscribing_channel, "a subscription to nobody's id is "
                                       "refused") {
  subscribe("s-1", {{"agent_id", "not an id"}});
  auto answers = heard();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0]["code"] == "invalid_agent_id");
  CHECK(state_of<control_channel_state>(aut).streams.empty());
}

TEST_CASE_FIXTURE(subscribing_channel, "subscriptions go on when a core actor "
                                       "dies, without an event twice") {
  std::string victim;
  SUBCASE("the event hub") {
    victim = "event-hub";
  }
  SUBCASE("the registry") {
    victim = "registry";
  }
  subscribe("s-1");
  subscribe("s-2", {{"agent_id", "beta"}});
  kill_and_recover(victim);
  something_happens();
  CHECK(events() == "s-1:alpha s-1:beta s-2:beta ");
  kill_and_recover(victim);
  something_happens();
  CHECK(events() == "s-1:alpha s-1:beta s-2:beta ");
}

TEST_CASE_FIXTURE(subscribing_channel,
                  "a confirmed subscription misses nothing "
                  "even if the event hub died before it "
                  "heard of the subscription") {
  caf::anon_send_exit(context().core.events, caf::exit_reason::kill);
  socket->peer_sends(R"({"type":"subscribe","id":"s-1"})");
  CHECK(heard_types() == "subscribed ");
  something_happens();
  run();
  CHECK(events() == "s-1:alpha s-1:beta ");
}

TEST_CASE_FIXTURE(subscribing_channel, "events that find no room come later, "
                                       "each once and in order") {
  subscribe("all");
  subscribe("b", {{"agent_id", "beta"}});
  something_happens();
  CHECK(events() == "all:alpha all:beta b:beta ");
  socket->full = true;
  something_happens();
  something_happens();
  CHECK(events().empty());
  SUBCASE("of the same hub") {}
  SUBCASE("of its successor") {
    kill_and_recover("event-hub");
    CHECK(events().empty());
  }
  SUBCASE("beside a new subscription") {
    subscribe("late", {{"agent_id", "alpha"}});
    CHECK(heard_types() == "subscribed ");
  }
  socket->peer_reads();
  run();
  auto caught_up = events();
  CHECK(caught_up.find("all:alpha all:beta all:alpha all:beta ")
        != std::string::npos);
  CHECK(caught_up.find("b:beta b:beta ") != std::string::npos);
  CHECK(std::count(caught_up.begin(), caught_up.end(), ' ') == 6);
  something_happens();
  auto live = events();
  CHECK(live.find("all:alpha ") != std::string::npos);
  CHECK(live.find("all:beta ") != std::string::npos);
  CHECK(live.find(" b:beta ") != std::string::npos);
}

TEST_CASE_FIXTURE(subscribing_channel, "what happens while a program catches "
                                       "up comes once") {
  subscribe("all");
  socket->full = true;
  something_happens();
  // The hub has yet to answer when more happens.
  socket->peer_reads();
  something_happens();
  CHECK(events() == "all:alpha all:beta all:alpha all:beta ");
}

TEST_CASE_FIXTURE(subscribing_channel, "a program that leaves is no subscriber "
                                       "any more") {
  subscribe("s-1");
  subscribe("s-2", {{"agent_id", "beta"}});
  socket->end();
  aut = nullptr;
  run();
  const auto& hub = state_of<event_hub_state>(context().core.events);
  CHECK(hub.journal->followed_streams() == 0);
  CHECK(hub.subscriptions.empty());
}

TEST_CASE_FIXTURE(subscribing_channel, "a program cannot subscribe without "
                                       "end") {
  for (int i = 0; i < 2000; ++i)
    subscribe("s-" + std::to_string(i),
              {{"agent_id", "a-" + std::to_string(i)}});
  CHECK(state_of<control_channel_state>(aut).streams.size() == 1000);
  CHECK(heard().back()["code"] == "overflow");
  // A subscription that exists is no matter of the limit.
  subscribe("again", {{"agent_id", "a-1"}});
  CHECK(heard().back()["code"] == "already_subscribed");
}

TEST_CASE_FIXTURE(subscribing_channel, "a thousand identical subscriptions are "
                                       "one") {
  subscribe("first");
  subscribe("of alpha", {{"agent_id", "alpha"}});
  std::ignore = heard();
  for (int i = 0; i < 1000; ++i)
    subscribe("again",
              i % 2 == 0 ? json::object() : json{{"agent_id", "alpha"}});
  auto answers = heard();
  REQUIRE(answers.size() == 1000);
  for (const auto& x : answers) {
    REQUIRE(x["type"] == "error");
    REQUIRE(x["id"] == "again");
    REQUIRE(x["code"] == "already_subscribed");
  }
  // Which one there is already is said.
  CHECK(answers[0]["detail"].get<std::string>().ends_with("first"));
  CHECK(answers[1]["detail"].get<std::string>().ends_with("of alpha"));
  something_happens();
  CHECK(events() == "first:alpha of alpha:alpha first:beta ");
}

TEST_CASE_FIXTURE(subscribing_channel, "nothing is encoded for a program that "
                                       "has gone") {
  subscribe("s-1");
  auto record = follow("alpha");
  something_happens();
  REQUIRE(record->live.size() == 1);
  CHECK(record->live[0]->text.find());
  socket->close(protocol::make_close_reason(errc::overflow), errc::overflow);
  something_happens();
  REQUIRE(record->live.size() == 2);
  CHECK_FALSE(record->live[1]->text.find());
}

TEST_CASE_FIXTURE(subscribing_channel, "a control client that has to make room "
                                       "is counted") {
  socket->end(errc::output_budget);
  aut = nullptr;
  run();
  CHECK(context().counts.indebted_readers.value() == 1);
  CHECK(context().counts.overflows.value() == 0);
}

TEST_CASE_FIXTURE(subscribing_channel, "a large event is held once for all "
                                       "programs that have yet to read it") {
  auto other = std::make_shared<fake_websocket>(thread().deadlines);
  watch(other);
  auto second = spawn_on(sys, &thread(), control_channel, &context(),
                         std::shared_ptr<net::websocket_session>{other},
                         origin{"192.0.2.9", {}}, who);
  run();
  for (auto* x : {socket.get(), other.get()}) {
    x->peer_waits = true;
    x->peer_sends(R"({"type":"subscribe","id":"s-1"})");
  }
  run();
  auto outcome = dispatch(make_task("alpha", "m-large"));
  alpha.socket->peer_sends(
      response_frame("alpha", "m-large", std::string(100'000, 'x')));
  run();
  REQUIRE_FALSE(socket->waiting.empty());
  REQUIRE_FALSE(other->waiting.empty());
  CHECK(socket->waiting.back()->text.size() > 100'000);
  CHECK(socket->waiting.back() == other->waiting.back());
  CHECK(parsed(socket->sent.back()) == parsed(other->sent.back()));
}
