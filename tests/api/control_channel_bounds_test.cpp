#include "actors/event_teller.hpp"
#include "api/channel_fixture.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

struct bounded_channel : channel_world {
  bridge link = (context().control.max_in_flight = 2, enter("alpha"));

  void ask(const std::string& id) {
    socket->peer_sends(json{
        {"type", "dispatch"},
        {"id", id},
        {"agent_id", "alpha"},
        {"content", "x"},
        {"quiet", true}}.dump());
    run();
  }

  /// The bridge answers the dispatch that reached it as number `index`.
  void answer_nth(std::size_t index) {
    auto id =
        parsed(link.socket->sent.at(index))["message_id"].get<std::string>();
    link.socket->peer_sends(response_frame("alpha", id, "done"));
    run();
  }

  std::size_t in_flight() {
    return state_of<control_channel_state>(aut).dispatches.size();
  }
};

} // namespace

TEST_CASE_FIXTURE(bounded_channel, "a program with enough under way is not "
                                   "read any further until one has ended") {
  ask("q-1");
  CHECK_FALSE(socket->paused);
  ask("q-2");
  CHECK(socket->paused);
  ask("q-3");
  CHECK(in_flight() == 2);
  // The first frame to the bridge was `registered`.
  answer_nth(1);
  CHECK(in_flight() == 2);
  CHECK(socket->paused);
  answer_nth(2);
  answer_nth(3);
  CHECK(in_flight() == 0);
  CHECK_FALSE(socket->paused);
  CHECK(heard_types() == "response response response ");
}

TEST_CASE_FIXTURE(bounded_channel, "failures make room as well") {
  ask("q-1");
  ask("q-2");
  REQUIRE(socket->paused);
  link.socket->end();
  run();
  CHECK_FALSE(socket->paused);
  CHECK(in_flight() == 0);
  ask("q-3");
  CHECK(heard_types() == "error error error ");
}

TEST_CASE_FIXTURE(bounded_channel, "a program is read again after its limit "
                                   "was raised") {
  ask("q-1");
  ask("q-2");
  REQUIRE(socket->paused);
  context().control.max_in_flight = 10;
  answer_nth(1);
  CHECK_FALSE(socket->paused);
}

TEST_CASE_FIXTURE(channel_world, "a program with enough to read is not read "
                                 "any further until it has read") {
  auto link = enter("alpha");
  socket->full = true;
  say({{"type", "agents"}, {"id", "q-1"}});
  CHECK(socket->paused);
  CHECK_FALSE(socket->closed);
  say({{"type", "agents"}, {"id", "q-2"}});
  // Nor is any answer made for it.
  CHECK(heard().empty());
  socket->peer_reads();
  run();
  run();
  CHECK_FALSE(socket->paused);
  CHECK(heard_types() == "agents agents ");
}

TEST_CASE_FIXTURE(bounded_channel, "the bridges that work for a program with "
                                   "enough to read are held back") {
  ask("q-1");
  ask("q-2");
  socket->full = true;
  answer_nth(1);
  // What it brings now shows that the program is behind.
  answer_nth(2);
  CHECK(link.socket->paused);
  socket->peer_reads();
  run();
  pass(100ms, 1ms);
  CHECK_FALSE(link.socket->paused);
  CHECK(heard_types() == "response response ");
}

TEST_CASE_FIXTURE(bounded_channel, "no bridge is held back for a program that "
                                   "has left") {
  ask("q-1");
  ask("q-2");
  socket->full = true;
  answer_nth(1);
  socket->end(errc::overflow);
  aut = nullptr;
  pass(100ms, 1ms);
  answer_nth(2);
  CHECK_FALSE(link.socket->paused);
  CHECK(context().counts.overflows.value() == 1);
}

TEST_CASE_FIXTURE(channel_world, "a program that answers no pings is counted") {
  socket->end(errc::heartbeat_timeout);
  run();
  CHECK(context().counts.silent_clients.value() == 1);
  CHECK(context().counts.overflows.value() == 0);
}

TEST_CASE_FIXTURE(bounded_channel, "questions are under way until they are "
                                   "answered") {
  socket->peer_sends(R"({"type":"agents","id":"q-1"})");
  socket->peer_sends(R"({"type":"record","id":"q-2","message_id":"none"})");
  while (!socket->paused)
    REQUIRE(thread().run_once());
  CHECK(heard().empty());
  run();
  CHECK_FALSE(socket->paused);
  CHECK(heard_types() == "agents error ");
}

TEST_CASE_FIXTURE(channel_world, "questions whose answers may be large are "
                                 "under way in small numbers") {
  for (int i = 0; i < 100; ++i)
    socket->peer_sends(R"({"type":"agents","id":"q"})");
  CHECK(socket->paused);
  CHECK(state_of<control_channel_state>(aut).questions.waiting.size() == 64);
  for (int i = 0; i < 10; ++i)
    run();
  CHECK_FALSE(socket->paused);
  CHECK(heard().size() == 100);
}

TEST_CASE_FIXTURE(channel_world, "a cancellation that takes its time delays no "
                                 "other question") {
  announcement agent;
  agent.agent = agent_id{"alpha"};
  agent.session = context().control_session;
  auto task = make_task("alpha", "m-1")->task;
  publish(context(),
          event_teller{}(fact::dispatch_started{agent, task, {}, origin{}}));
  say({{"type", "cancel"}, {"id", "c-1"}, {"message_id", "m-1"}});
  CHECK(heard().empty());
  say({{"type", "agents"}, {"id", "q-1"}});
  CHECK(heard_types() == "agents ");
  publish(context(),
          event_teller{}(fact::dispatch_failed{
              agent, task.session, task.message, {errc::cancelled, {}}}));
  run();
  auto answers = heard();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0]["id"] == "c-1");
  CHECK(answers[0]["record"]["reason"] == "cancelled");
}

TEST_CASE_FIXTURE(bounded_channel, "ids of a program need not be unique") {
  ask("same");
  ask("same");
  answer_nth(2);
  answer_nth(1);
  auto answers = heard();
  REQUIRE(answers.size() == 2);
  CHECK(answers[0]["id"] == "same");
  CHECK(answers[1]["id"] == "same");
}

// -- large answers ------------------------------------------------------------

namespace {

constexpr std::size_t result_size = 256 * 1024;

struct large_channel : channel_world {
  bridge link = enter("alpha");

  /// There is a dispatch with a large result.
  large_channel() {
    socket->peer_sends(R"({"type":"dispatch","id":"d","agent_id":"alpha",)"
                       R"("content":"x","quiet":true})");
    run();
    message = parsed(link.socket->sent.at(1))["message_id"].get<std::string>();
    link.socket->peer_sends(
        response_frame("alpha", message, std::string(result_size, 'y')));
    run();
    std::ignore = heard();
  }

  void ask_for_record(const std::string& id) {
    say({{"type", "record"}, {"id", id}, {"message_id", message}});
  }

  std::string message;
};

} // namespace

TEST_CASE_FIXTURE(large_channel, "large answers do not pile up for a program "
                                 "that does not read") {
  socket->peer_waits = true;
  for (auto i = 0; i < 80; ++i)
    ask_for_record(std::to_string(i));
  CHECK(socket->paused);
  CHECK(socket->waiting.size() == 1);
  CHECK(heard().size() == 1);
  auto held = context().answers->total();
  CHECK(held > result_size);
  CHECK(held < 2 * result_size);
  // All that were asked for come, in their order.
  for (auto i = 1; i < 80; ++i) {
    socket->peer_reads();
    run();
    auto answers = heard();
    REQUIRE(answers.size() == 1);
    CHECK(answers[0]["id"] == std::to_string(i));
    CHECK(answers[0]["record"]["content"].get<std::string>().size()
          == result_size);
  }
  CHECK_FALSE(socket->paused);
  socket->peer_reads();
  CHECK(context().answers->total() == 0);
}

TEST_CASE_FIXTURE(large_channel, "small answers do not wait for one another to "
                                 "be read") {
  socket->peer_waits = true;
  for (auto i = 0; i < 10; ++i)
    say({{"type", "agents"}, {"id", "q"}});
  CHECK(heard().size() == 10);
  CHECK(context().answers->total() == 0);
}

TEST_CASE_FIXTURE(large_channel, "a large answer without room in the budget is "
                                 "refused") {
  answer_budget::place other;
  std::string code;
  SUBCASE("of its token") {
    context().answers->change_limits({100 * result_size, 2 * result_size});
    other = *context().answers->admit(who->label, {result_size, nullptr, 0});
    code = "too_many_answers";
  }
  SUBCASE("in all") {
    context().answers->change_limits({2 * result_size, 100 * result_size});
    other = *context().answers->admit("other", {result_size, nullptr, 0});
    code = "answers_full";
  }
  ask_for_record("q-1");
  auto refusals = heard();
  REQUIRE(refusals.size() == 1);
  CHECK(refusals[0]["type"] == "error");
  CHECK(refusals[0]["id"] == "q-1");
  CHECK(refusals[0]["message_id"] == message);
  CHECK(refusals[0]["code"] == code);
  CHECK(refusals[0]["retry_after_s"] == 1);
  other = {};
  ask_for_record("q-2");
  CHECK(heard_types() == "record ");
}

TEST_CASE_FIXTURE(large_channel, "a large answer's place is given back when "
                                 "its program leaves") {
  socket->peer_waits = true;
  ask_for_record("q-1");
  CHECK(context().answers->total() > result_size);
  socket->end();
  aut = nullptr;
  run();
  socket->waiting.clear();
  CHECK(context().answers->total() == 0);
}
