#include "api/channel_fixture.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

struct options_channel : channel_world {
  bridge link = enter("alpha");

  /// Requests a dispatch, and returns the first reply.
  json reply(const json& more) {
    json request = {{"type", "dispatch"}, {"id", "q"}, {"content", "x"}};
    request.update(more);
    say(request);
    auto replies = heard();
    REQUIRE_FALSE(replies.empty());
    return replies.front();
  }

  json reply_of_alpha(json more = json::object()) {
    more["agent_id"] = "alpha";
    return reply(more);
  }
};

} // namespace

TEST_CASE_FIXTURE(options_channel, "a dispatch may follow up one of its agent "
                                   "on /ws/control") {
  auto earlier = reply_of_alpha()["message_id"];
  REQUIRE(link.socket->take_sent().size() == 1);
  CHECK(reply_of_alpha({{"followup_to", earlier}})["type"] == "accepted");
  CHECK(link.socket->take_sent().size() == 1);
}

TEST_CASE_FIXTURE(options_channel, "a dispatch can follow up neither an "
                                   "unknown dispatch nor another agent's") {
  auto unknown = reply_of_alpha({{"followup_to", "nothing"}});
  CHECK(unknown["type"] == "error");
  CHECK(unknown["code"] == "unknown_dispatch");
  auto other = enter("beta");
  auto earlier = reply({{"agent_id", "beta"}})["message_id"];
  auto foreign = reply_of_alpha({{"followup_to", earlier}});
  CHECK(foreign["code"] == "invalid_message");
  CHECK(foreign["detail"]
        == "followup_to: dispatch " + earlier.get<std::string>()
               + " is not one of agent alpha");
  CHECK(link.socket->take_sent().empty());
  CHECK(state_of<control_channel_state>(aut).dispatches.size() == 1);
}

TEST_CASE_FIXTURE(options_channel, "without a store, a repeated request on "
                                   "/ws/control is answered with the record") {
  auto first = reply_of_alpha({{"idempotency_key", "k"}});
  CHECK(first["type"] == "accepted");
  REQUIRE(link.socket->take_sent().size() == 1);
  auto again = reply_of_alpha({{"idempotency_key", "k"}});
  CHECK(again["type"] == "record");
  CHECK(again["record"]["message_id"] == first["message_id"]);
  auto other = reply_of_alpha({{"idempotency_key", "k"}, {"priority", "low"}});
  CHECK(other["code"] == "idempotency_conflict");
  CHECK(link.socket->take_sent().empty());
}

TEST_CASE_FIXTURE(options_channel, "without a store, no dispatch on "
                                   "/ws/control can ask for a durability") {
  auto refused = reply_of_alpha({{"durability", "commit"}});
  CHECK(refused["type"] == "error");
  CHECK(refused["code"] == "invalid_message");
  CHECK(link.socket->take_sent().empty());
}

TEST_CASE_FIXTURE(options_channel, "a refused dispatch on /ws/control consumes "
                                   "no key") {
  auto refused = reply({{"agent_id", "nobody"}, {"idempotency_key", "k"}});
  CHECK(refused["code"] == "unknown_agent");
  CHECK(reply_of_alpha({{"idempotency_key", "k"}})["type"] == "accepted");
}

TEST_CASE_FIXTURE(options_channel, "of two equal requests in one turn, the "
                                   "second is answered with the first") {
  json request = {{"type", "dispatch"},
                  {"id", "1"},
                  {"agent_id", "alpha"},
                  {"content", "x"},
                  {"idempotency_key", "k"}};
  socket->peer_sends(request.dump());
  request["id"] = "2";
  socket->peer_sends(request.dump());
  run();
  pass(20ms);
  auto replies = heard();
  REQUIRE(replies.size() == 2);
  CHECK(replies[0]["type"] == "accepted");
  CHECK(replies[1]["type"] == "record");
  CHECK(replies[1]["record"]["message_id"] == replies[0]["message_id"]);
  CHECK(link.socket->take_sent().size() == 1);
}

TEST_CASE_FIXTURE(options_channel, "an acceptance on /ws/control names the "
                                   "agent that the registry has chosen") {
  for (const auto* chosen : {"gamma", ""}) {
    CAPTURE(chosen);
    auto fake = sys.spawn([=](caf::event_based_actor*) -> caf::behavior {
      return {[=](dispatch_atom, const dispatch_order_ptr& order) {
        acceptance out;
        out.message = order->task.message;
        out.agent = agent_id{chosen};
        return out;
      }};
    });
    context().core.registry = caf::actor_cast<registry_actor>(fake);
    auto accepted = reply({{"require", {"gpu"}}});
    CHECK(accepted["type"] == "accepted");
    if (*chosen == '\0')
      CHECK(accepted["agent_id"].is_null());
    else
      CHECK(accepted["agent_id"] == chosen);
  }
}
