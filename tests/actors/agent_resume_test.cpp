#include "actors/resuming_world.hpp"

#include <doctest/doctest.h>

#include <string>
#include <tuple>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

// Protocol 1.1 (contract section 1): bridges that come back.

namespace {

using in_memory = resuming<started_world>;
using on_disk = resuming<stored_world>;

} // namespace

// -- negotiation --------------------------------------------------------------

TEST_CASE_FIXTURE(in_memory, "a bridge that speaks 1.1 is told what it must "
                             "know, a stock bridge nothing more than before") {
  auto link = enter_1_1("alpha", "i-1");
  auto frame = only(*link.socket, "registered");
  CHECK(frame["protocol"] == "1.1");
  CHECK(frame["incarnation"] == 1);
  CHECK(frame["heartbeat_timeout_s"] == 30.0);
  CHECK(frame["heartbeat_interval_s"] == 10.0);
  CHECK(frame["adopted"] == json::array());
  CHECK(frame["cancelled"] == json::array());
  auto stock = connect();
  stock.socket->peer_sends(register_frame("beta"));
  run();
  auto plain = only(*stock.socket, "registered");
  CHECK(plain.size() == 4);
}

TEST_CASE_FIXTURE(in_memory, "a bridge with slots is sent as many dispatches") {
  auto link = enter_1_1("alpha", "i-1");
  for (auto id : {"m-1", "m-2", "m-3", "m-4", "m-5"})
    std::ignore = dispatch(make_task("alpha", id));
  CHECK(frames(*link.socket, "dispatch").size() == 4);
}

TEST_CASE_FIXTURE(in_memory, "a dispatch says which attempt it is and how much "
                             "time is left") {
  auto link = enter_1_1("alpha", "i-1");
  std::ignore = dispatch(make_task("alpha", "m-1", 90s));
  auto frame = only(*link.socket, "dispatch");
  CHECK(frame["dispatch_id"] == "m-1");
  CHECK(frame["attempt"] == 1);
  CHECK(frame["deadline_s"] == 90.0);
}

// -- a link that breaks -------------------------------------------------------

TEST_CASE_FIXTURE(in_memory, "a finished result survives a link that breaks") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = lose_link_with(link, "m-1");
  CHECK(outcome->outcome() == "pending");
  auto back = enter_1_1("alpha", "i-1", {listed("m-1", "finished")});
  CHECK(only(*back.socket, "registered")["adopted"] == json{"m-1"});
  back.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(outcome->outcome() == "ok");
  CHECK(outcome->result().content == "done");
  CHECK(only(*back.socket, "ack")["message_id"] == "m-1");
}

TEST_CASE_FIXTURE(on_disk, "a result is acknowledged when it is on record") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = lose_link_with(link, "m-1");
  CHECK(stored("m-1").row.awaited_until);
  auto back = enter_1_1("alpha", "i-1", {listed("m-1", "running")});
  CHECK(only(*back.socket, "registered")["adopted"] == json{"m-1"});
  CHECK_FALSE(stored("m-1").row.awaited_until);
  back.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(frames(*back.socket, "ack").empty());
  commit();
  CHECK(only(*back.socket, "ack")["message_id"] == "m-1");
  CHECK(outcome->outcome() == "ok");
  CHECK(stored("m-1").row.state == dispatch_state::completed);
}

TEST_CASE_FIXTURE(on_disk, "a frame that the bridge never got is sent again, "
                           "with the same id, once that is on record") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = lose_link_with(link, "m-1");
  auto back = enter_1_1("alpha", "i-1");
  auto frame = only(*back.socket, "dispatch");
  CHECK(frame["message_id"] == "m-1");
  CHECK(frame["attempt"] == 1);
  back.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  commit();
  CHECK(outcome->outcome() == "ok");
}

TEST_CASE_FIXTURE(in_memory, "work that a bridge had started and no longer "
                             "knows is lost") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  link.socket->peer_sends(progress_frame("alpha", "m-1", "running"));
  run();
  link.socket->end();
  auto back = enter_1_1("alpha", "i-1");
  CHECK(outcome->outcome() == "agent_lost");
  CHECK(frames(*back.socket, "dispatch").empty());
}

TEST_CASE_FIXTURE(in_memory, "a bridge that is away for longer than the grace "
                             "has lost its work") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = lose_link_with(link, "m-1");
  pass(59s);
  CHECK(outcome->outcome() == "pending");
  pass(2s);
  CHECK(outcome->outcome() == "agent_lost");
  SUBCASE("and is told so when it comes back") {
    auto back = enter_1_1("alpha", "i-1", {listed("m-1", "running")});
    CHECK(only(*back.socket, "registered")["cancelled"] == json{"m-1"});
  }
}

TEST_CASE_FIXTURE(in_memory, "a registration that is sent twice does not end "
                             "the bridge") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  auto repeated = enter_1_1("alpha", "i-1", {listed("m-1", "running")});
  CHECK_FALSE(repeated.socket->closed);
  REQUIRE(link.socket->closed);
  CHECK(link.socket->closed->code == 4006);
  CHECK(link.socket->closed->text == "Registered again on another connection");
  auto back = enter_1_1("alpha", "i-1", {listed("m-1", "running")});
  CHECK(repeated.socket->closed.value().code == 4006);
  back.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(outcome->outcome() == "ok");
  SUBCASE("but two bridges do not replace each other forever") {
    auto clone = enter_1_1("alpha", "i-1");
    CHECK(back.socket->closed.value().code == 4002);
  }
  SUBCASE("and another process is another bridge") {
    pass(31s);
    auto other = enter_1_1("alpha", "i-2");
    CHECK(back.socket->closed.value().code == 4002);
  }
}

TEST_CASE_FIXTURE(on_disk, "of what another process of the bridge had, only "
                           "finished results go on") {
  auto link = enter_1_1("alpha", "i-1");
  auto finished = dispatch(make_task("alpha", "m-1"));
  auto running = dispatch(make_task("alpha", "m-2"));
  settle();
  link.socket->end();
  settle();
  auto back = enter_1_1("alpha", "i-2", {listed("m-1", "finished")});
  CHECK(only(*back.socket, "registered")["adopted"] == json{"m-1"});
  CHECK(running->outcome() == "agent_lost");
  back.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  commit();
  CHECK(finished->outcome() == "ok");
}

TEST_CASE_FIXTURE(in_memory, "what a bridge of 1.1 had is lost if a stock "
                             "bridge comes in its place") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = lose_link_with(link, "m-1");
  auto stock = enter("alpha");
  CHECK(outcome->outcome() == "agent_lost");
}

TEST_CASE_FIXTURE(in_memory, "a bridge that registers before its old link has "
                             "ended takes over what that has") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  auto back = enter_1_1("alpha", "i-1", {listed("m-1", "running")});
  CHECK(link.socket->closed);
  CHECK(only(*back.socket, "registered")["adopted"] == json{"m-1"});
  back.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(outcome->outcome() == "ok");
}

TEST_CASE_FIXTURE(in_memory, "what a bridge lists after its registration is "
                             "resumed as well") {
  auto link = enter_1_1("alpha", "i-1");
  auto one = dispatch(make_task("alpha", "m-1"));
  auto two = dispatch(make_task("alpha", "m-2"));
  link.socket->end();
  auto back = enter_1_1("alpha", "i-1", {listed("m-1", "running")},
                        {{"resume_more", true}});
  CHECK(only(*back.socket, "registered")["adopted"] == json{"m-1"});
  back.socket->peer_sends(
      json{{"type", "resume"},
           {"agent_id", "alpha"},
           {"resume", {listed("m-2", "running"), listed("m-9", "running")}}}
          .dump());
  run();
  auto called_off = only(*back.socket, "cancel");
  CHECK(called_off["message_id"] == "m-9");
  for (auto id : {"m-1", "m-2"})
    back.socket->peer_sends(response_frame("alpha", id, "done"));
  run();
  CHECK(one->outcome() == "ok");
  CHECK(two->outcome() == "ok");
}

TEST_CASE_FIXTURE(in_memory, "a result that comes before it is listed ends its "
                             "dispatch") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  link.socket->end();
  auto back = enter_1_1("alpha", "i-1", json::array(), {{"resume_more", true}});
  auto text = response_frame("alpha", "m-1", "done");
  auto expected = "ok";
  SUBCASE("if it can be read") {}
  SUBCASE("and if it cannot be read") {
    text.pop_back();
    text += ",\"usage\":{\"x\":" + std::string(70, '[') + std::string(70, ']')
            + "}}";
    expected = "unreadable_response";
  }
  back.socket->peer_sends(text);
  run();
  CHECK(outcome->outcome() == expected);
}

TEST_CASE_FIXTURE(in_memory, "what waits for a bridge waits for its return") {
  auto one_slot = json{{"slots", 1}};
  auto link = enter_1_1("alpha", "i-1", json::array(), one_slot);
  auto first = dispatch(make_task("alpha", "m-1"));
  auto second = dispatch(make_task("alpha", "m-2"));
  link.socket->end();
  run();
  CHECK(second->outcome() == "pending");
  SUBCASE("and is sent when the bridge has a free slot again") {
    auto back = enter_1_1("alpha", "i-1", {listed("m-1", "running")}, one_slot);
    CHECK(frames(*back.socket, "dispatch").empty());
    back.socket->peer_sends(response_frame("alpha", "m-1", "done"));
    run();
    CHECK(only(*back.socket, "dispatch")["message_id"] == "m-2");
  }
  SUBCASE("but not for longer than the grace") {
    pass(61s);
    CHECK(second->outcome() == "agent_lost");
  }
}

TEST_CASE_FIXTURE(on_disk, "a dispatch that was being recorded when its link "
                           "ended is sent on the next one, which stands") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = dispatch(make_task("alpha", "m-1", 20s));
  auto back = connect();
  back.socket->peer_sends(
      register_frame("alpha", {{"protocol", "1.1"}, {"instance_id", "i-1"}}));
  run();
  CHECK(link.socket->closed);
  CHECK(frames(*link.socket, "dispatch").empty());
  for (int i = 0; i < 3; ++i)
    commit();
  auto frame = only(*back.socket, "dispatch");
  CHECK(frame["message_id"] == "m-1");
  CHECK(frame["deadline_s"] <= 20.0);
  back.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  commit();
  CHECK(outcome->outcome() == "ok");
}

TEST_CASE_FIXTURE(on_disk, "an awaited dispatch that is tried again is counted "
                           "as waiting once") {
  auto link = enter_1_1("alpha", "i-1");
  auto order = *make_task("alpha", "m-1");
  order.options.retry = {2, false, false, true};
  auto outcome = dispatch(std::make_shared<const dispatch_order>(order));
  settle();
  link.socket->end();
  settle();
  auto back = enter_1_1("alpha", "i-2");
  settle();
  settle();
  CHECK(only(*back.socket, "dispatch")["message_id"] == "m-1.2");
  const auto& counts = context().counts;
  CHECK(counts.waits_begun.value() == counts.waits_ended.value());
}

TEST_CASE_FIXTURE(on_disk, "an accepted dispatch is on record as such") {
  auto link = enter_1_1("alpha", "i-1");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  settle();
  link.socket->peer_sends(json{
      {"type", "accept"},
      {"message_id", "m-1"},
      {"agent_id", "alpha"}}.dump());
  settle();
  CHECK(stored("m-1").row.state == dispatch_state::accepted);
}
