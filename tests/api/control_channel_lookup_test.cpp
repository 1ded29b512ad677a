// Dispatches that the event hub does not know, on /ws/control: no agent has
// them, or only the store remembers them.

#include "actors/stored_world.hpp"
#include "api/channel_fixture.hpp"
#include "api/control_fixture.hpp"

#include <doctest/doctest.h>

#include <SQLiteCpp/Database.h>
#include <optional>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

/// A dispatch that waits until an agent can do it.
const json waiting_order = {{"type", "dispatch"},     {"id", "d"},
                            {"require", {"a-skill"}}, {"content", "x"},
                            {"queue_timeout_s", 600}, {"idempotency_key", "k"}};

json about(const std::string& type, const json& message) {
  return {{"type", type}, {"id", "q"}, {"message_id", message}};
}

struct stored_channel : stored_world {
  stored_channel() {
    watch(socket);
    aut = spawn_on(
        sys, &thread(), control_channel, &context(),
        std::shared_ptr<net::websocket_session>{socket},
        origin{"192.0.2.8", {}},
        context().tokens->identify(test_token, context().wall_clock()).value());
    commit();
  }

  /// The answer to a request, however long the store takes. Drops frames about
  /// other requests.
  json answer(const json& frame) {
    socket->peer_sends(frame.dump());
    std::optional<json> out;
    wait_until([&] {
      // The store may be asked again after a while.
      pass(300ms, 100ms);
      for (const auto& sent : socket->take_sent())
        if (auto x = parsed(sent); x["id"] == frame["id"])
          out = x;
      return out.has_value();
    });
    return *out;
  }

  json waiting_dispatch() {
    auto accepted = answer(waiting_order);
    REQUIRE(accepted["type"] == "accepted");
    return accepted["message_id"];
  }

  std::shared_ptr<fake_websocket> socket =
      std::make_shared<fake_websocket>(thread().deadlines);
  control_channel_actor aut;
};

} // namespace

TEST_CASE_FIXTURE(stored_channel, "a dispatch that no agent has is on record") {
  auto id = waiting_dispatch();
  auto found = answer(about("record", id));
  CHECK(found["type"] == "record");
  CHECK(found["id"] == "q");
  auto record = found["record"];
  CHECK(record["message_id"] == id);
  CHECK(record["state"] == "queued");
  CHECK(record["queue_position"] == 1);
}

TEST_CASE_FIXTURE(stored_channel, "a dispatch on /ws/control may be named by a "
                                  "part of its id") {
  auto id = waiting_dispatch().get<std::string>();
  auto found = answer(about("record", id.substr(id.size() - 8)));
  CHECK(found["record"]["message_id"] == id);
}

TEST_CASE_FIXTURE(stored_channel, "a dispatch that no agent has can be "
                                  "cancelled once") {
  auto id = waiting_dispatch();
  auto cancelled = answer(about("cancel", id));
  CHECK(cancelled["type"] == "record");
  CHECK(cancelled["record"]["reason"] == "cancelled");
  CHECK(stored(id.get<std::string>()).row.state == dispatch_state::cancelled);
  auto again = answer(about("cancel", id));
  CHECK(again["code"] == "already_ended");
  CHECK(again["message_id"] == id);
}

TEST_CASE_FIXTURE(stored_channel, "a cancellation that cannot be recorded is "
                                  "answered after a while") {
  auto link = enter("alpha");
  commit();
  auto id = answer({{"type", "dispatch"},
                    {"id", "d"},
                    {"agent_id", "alpha"},
                    {"content", "x"}})["message_id"];
  SQLite::Database other{(directory / store::file_name).string(),
                         SQLite::OPEN_READWRITE, 1'000};
  other.exec("BEGIN IMMEDIATE");
  socket->peer_sends(about("cancel", id).dump());
  pass(9s);
  CHECK(socket->take_sent().empty());
  pass(2s);
  auto sent = socket->take_sent();
  REQUIRE(sent.size() == 1);
  CHECK(parsed(sent.front())["id"] == "q");
  CHECK(parsed(sent.front())["code"] == "unavailable");
  other.exec("ROLLBACK");
}

TEST_CASE_FIXTURE(stored_channel, "a repeated request is answered with the "
                                  "record even if no agent has the dispatch") {
  auto id = waiting_dispatch();
  auto repeated = answer(waiting_order);
  CHECK(repeated["type"] == "record");
  CHECK(repeated["record"]["message_id"] == id);
}

TEST_CASE_FIXTURE(stored_channel, "a dispatch that the store does not know "
                                  "either is an error") {
  for (const auto* type : {"record", "cancel"}) {
    CAPTURE(type);
    auto refused = answer(about(type, "none-such"));
    CHECK(refused["type"] == "error");
    CHECK(refused["code"] == "unknown_dispatch");
    CHECK(refused["message_id"] == "none-such");
  }
}

TEST_CASE_FIXTURE(stored_channel, "a short id cancels a dispatch if it is "
                                  "unambiguous") {
  auto id = waiting_dispatch().get<std::string>();
  SUBCASE("and that of a dispatch") {
    auto cancelled = answer(about("cancel", id.substr(id.size() - 8)));
    CHECK(cancelled["record"]["message_id"] == id);
    CHECK(cancelled["record"]["reason"] == "cancelled");
    return;
  }
  std::string text = "ffff-none";
  std::string why{sentence(errc::unknown_dispatch)};
  SUBCASE("which it is not") {
    auto other = answer({{"type", "dispatch"},
                         {"id", "e"},
                         {"require", {"a-skill"}},
                         {"content", "x"},
                         {"queue_timeout_s", 600}});
    REQUIRE(other["type"] == "accepted");
    text = id.substr(0, 4);
    why = "Several dispatches have ids that start or end with " + text;
  }
  SUBCASE("and no dispatch has it") {}
  auto refused = answer(about("cancel", text));
  CHECK(refused["code"] == "unknown_dispatch");
  CHECK(refused["detail"] == why);
  CHECK(refused["message_id"] == text);
  CHECK(stored(id).row.state == dispatch_state::queued);
}

TEST_CASE_FIXTURE(stored_channel, "a dispatch may follow up one that is named "
                                  "by a short id") {
  auto link = enter("alpha");
  commit();
  json order{{"type", "dispatch"},
             {"id", "d"},
             {"agent_id", "alpha"},
             {"content", "x"}};
  auto earlier = answer(order)["message_id"].get<std::string>();
  order["id"] = "f";
  SUBCASE("if it is unambiguous") {
    order["followup_to"] = earlier.substr(earlier.size() - 8);
    auto accepted = answer(order);
    CHECK(accepted["type"] == "accepted");
    auto row = stored(accepted["message_id"].get<std::string>()).row;
    REQUIRE(row.followup_to);
    CHECK(row.followup_to->str() == earlier);
  }
  SUBCASE("but not if it is ambiguous") {
    std::ignore = waiting_dispatch();
    order["followup_to"] = earlier.substr(0, 4);
    auto refused = answer(order);
    CHECK(refused["code"] == "unknown_dispatch");
    CHECK(refused["detail"].get<std::string>().starts_with(
        "Several dispatches have ids"));
  }
  SUBCASE("nor if no dispatch has it") {
    order["followup_to"] = "ffff-none";
    CHECK(answer(order)["code"] == "unknown_dispatch");
  }
}

TEST_CASE_FIXTURE(stored_channel, "an exception while the store's answer is "
                                  "handled refuses only that request") {
  auto id = waiting_dispatch();
  std::ignore = answer(about("cancel", id));
  auto request = about("record", id);
  SUBCASE("for a record") {}
  SUBCASE("for a cancellation") {
    request = about("cancel", id);
  }
  SUBCASE("for a dispatch with a key that was used") {
    request = waiting_order;
    request["content"] = "y";
  }
  socket->failing_sends = 1;
  auto refused = answer(request);
  CHECK(socket->failing_sends == 0);
  CHECK(refused["type"] == "error");
  CHECK(refused["code"] == "internal");
  // The questions after it have their turn.
  CHECK(answer(about("record", id))["type"] == "record");
  CHECK_FALSE(socket->closed);
}

TEST_CASE_FIXTURE(stored_channel, "a channel that cannot refuse a request "
                                  "is closed") {
  auto id = waiting_dispatch();
  auto request = about("record", id);
  SUBCASE("after an answer of the store") {
    std::ignore = answer(about("cancel", id));
    socket->failing_sends = 2;
  }
  SUBCASE("after an answer of a core actor") {
    // Its place in the queue.
    socket->failing_sends = 1;
  }
  socket->peer_sends(request.dump());
  wait_until([&] { return socket->closed.has_value(); });
  CHECK(socket->closed->code == 1011);
}

TEST_CASE_FIXTURE(channel_world, "without a store, a dispatch that no agent "
                                 "has is known as well") {
  say(waiting_order);
  auto id = heard().at(0)["message_id"];
  for (const auto& request : {about("record", id), waiting_order}) {
    say(request);
    auto answers = heard();
    REQUIRE(answers.size() == 1);
    CHECK(answers[0]["type"] == "record");
    CHECK(answers[0]["record"]["message_id"] == id);
    CHECK(answers[0]["record"]["status"] == "dispatched");
    CHECK(answers[0]["record"]["queue_position"] == 1);
  }
  say(about("cancel", id));
  json cancelled;
  for (const auto& x : heard())
    if (x["id"] == "q")
      cancelled = x;
  REQUIRE(cancelled["type"] == "record");
  CHECK(cancelled["record"]["reason"] == "cancelled");
  say(about("cancel", id));
  CHECK(heard().at(0)["code"] == "unknown_dispatch");
}

TEST_CASE_FIXTURE(control_world, "without a store, a dispatch that no agent "
                                 "has is on record over HTTP") {
  auto accepted =
      post("/control/dispatch", R"({"content":"x","require":["a-skill"],)"
                                R"("queue_timeout_s":600})");
  REQUIRE(accepted.status == 200);
  std::string id = parsed(accepted.body)["message_id"];
  auto found = get("/control/dispatches/" + id);
  CHECK(found.status == 200);
  auto record = parsed(found.body);
  CHECK(record["status"] == "dispatched");
  CHECK(record["queue_position"] == 1);
}
