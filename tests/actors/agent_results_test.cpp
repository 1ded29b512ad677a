#include "actors/fixture.hpp"
#include "protocol/event_json.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

/// A bridge with one dispatch pending, "m-1", and somebody who listens.
struct working_world : started_world {
  bridge link = enter("alpha");
  bridge other = enter("beta");
  dispatch_reply_ptr outcome = dispatch(make_task("alpha", "m-1"));
  std::shared_ptr<event_record> all = follow();

  working_world() {
    std::ignore = link.socket->take_sent();
  }

  void say(const std::string& frame) {
    link.socket->peer_sends(frame);
    run();
  }

  const counters& counts() {
    return context().counts;
  }
};

} // namespace

// Contract section 6, number 5.

TEST_CASE_FIXTURE(working_world, "a result in another agent's name is dropped "
                                 "and counted, and is no event") {
  say(response_frame("beta", "m-1", "forged"));
  say(progress_frame("beta", "m-1", "forged"));
  CHECK(outcome->pending());
  CHECK(counts().forged_results.value() == 2);
  CHECK(all->types() == "");
  CHECK_FALSE(link.socket->closed);
  say(response_frame("alpha", "m-1", "true"));
  CHECK(outcome->result().content == "true");
}

TEST_CASE_FIXTURE(working_world, "a heartbeat in another agent's name is not "
                                 "echoed") {
  say(heartbeat_frame("beta"));
  CHECK(link.socket->take_sent().empty());
  CHECK(counts().forged_results.value() == 1);
  CHECK(counts().heartbeats.value() == 0);
}

TEST_CASE_FIXTURE(working_world, "another bridge cannot answer for the one "
                                 "that was asked") {
  other.socket->peer_sends(response_frame("beta", "m-1", "stolen"));
  other.socket->peer_sends(response_frame("alpha", "m-1", "forged"));
  run();
  CHECK(outcome->pending());
  CHECK(counts().unknown_results.value() == 1);
  CHECK(counts().forged_results.value() == 1);
  CHECK(all->types() == "");
}

TEST_CASE_FIXTURE(working_world, "a result that nobody asked for is dropped "
                                 "and counted, and is no event") {
  say(response_frame("alpha", "m-9", "surprise"));
  say(progress_frame("alpha", "m-9", "working"));
  say(failed_frame("alpha", "m-9", "oops"));
  CHECK(counts().unknown_results.value() == 3);
  CHECK(all->types() == "");
  CHECK_FALSE(link.socket->closed);
}

TEST_CASE_FIXTURE(working_world, "a second response counts for nothing") {
  say(response_frame("alpha", "m-1", "first"));
  say(response_frame("alpha", "m-1", "second"));
  CHECK(outcome->times == 1);
  CHECK(outcome->result().content == "first");
  CHECK(counts().responses.value() == 1);
  CHECK(counts().unknown_results.value() == 1);
  CHECK(all->types() == "agent_response");
}

TEST_CASE_FIXTURE(working_world, "what was pending on an older incarnation "
                                 "cannot be answered by a newer one") {
  auto newer = enter("alpha");
  CHECK(outcome->outcome() == "replaced");
  newer.socket->peer_sends(response_frame("alpha", "m-1", "after all"));
  run();
  CHECK(outcome->times == 1);
  CHECK(counts().unknown_results.value() == 1);
}

// Contract section 1.

TEST_CASE_FIXTURE(working_world, "a heartbeat is echoed as it came") {
  say(heartbeat_frame("alpha", "2026-01-31T12:00:00.5Z"));
  auto frames = link.socket->take_sent();
  REQUIRE(frames.size() == 1);
  CHECK(parsed(frames[0])
        == json{{"type", "heartbeat"},
                {"agent_id", "alpha"},
                {"timestamp", "2026-01-31T12:00:00.5Z"}});
  CHECK(counts().heartbeats.value() == 1);
  CHECK(all->types() == "");
}

TEST_CASE_FIXTURE(working_world, "heartbeats of a bridge that has much to "
                                 "read count, and are not echoed") {
  link.socket->full = true;
  std::ignore = link.socket->take_sent();
  say(heartbeat_frame("alpha"));
  CHECK(link.socket->take_sent().empty());
  CHECK(counts().heartbeats.value() == 1);
  CHECK_FALSE(link.socket->closed);
  link.socket->peer_reads();
  say(heartbeat_frame("alpha"));
  CHECK(link.socket->take_sent().size() == 1);
}

TEST_CASE_FIXTURE(working_world, "a heartbeat without a time gets one") {
  say(R"({"type":"heartbeat","agent_id":"alpha","more":[1]})");
  auto frames = link.socket->take_sent();
  REQUIRE(frames.size() == 1);
  auto time = parsed(frames[0])["timestamp"].get<std::string>();
  CHECK(time.ends_with("+00:00"));
}

TEST_CASE_FIXTURE(working_world,
                  "a heartbeat moves the agent's last_heartbeat") {
  auto before = view("alpha").announced->vitals->last_heartbeat_us.load();
  say(heartbeat_frame("alpha"));
  CHECK(view("alpha").announced->vitals->last_heartbeat_us.load() > before);
}

TEST_CASE_FIXTURE(working_world, "a frame that says nothing we understand is "
                                 "skipped and counted") {
  for (auto frame : {"hello", "", "[]", "{", R"({"type":"dance"})",
                     R"({"type":"response","agent_id":"alpha"})",
                     R"({"type":"progress","agent_id":7})"})
    say(frame);
  CHECK(counts().invalid_frames.value() == 7);
  CHECK_FALSE(link.socket->closed);
  CHECK(link.socket->take_sent().empty());
  say(response_frame("alpha", "m-1", "fine"));
  CHECK(outcome->outcome() == "ok");
}

TEST_CASE_FIXTURE(working_world,
                  "a bridge that speaks as a server is ignored") {
  say(R"({"type":"registered","session_id":"s","agent_id":"alpha"})");
  say(json{{"type", "dispatch"},
           {"message_id", "m-2"},
           {"agent_id", "alpha"},
           {"content", "do it yourself"}}
          .dump());
  CHECK(link.socket->take_sent().empty());
  CHECK_FALSE(link.socket->closed);
  CHECK(counts().invalid_frames.value() == 0);
}

TEST_CASE_FIXTURE(working_world, "a binary frame ends the connection") {
  link.socket->peer_sends(heartbeat_frame("alpha"), true);
  run();
  REQUIRE(link.socket->closed);
  CHECK(link.socket->closed->code == 1003);
  CHECK(outcome->outcome() == "agent_lost");
  CHECK_FALSE(view("alpha").connected);
}

// Contract section 6, number 10.
TEST_CASE_FIXTURE(working_world, "a result belongs to the session that asked, "
                                 "not to the bridge's") {
  say(response_frame("alpha", "m-1", "done"));
  REQUIRE(all->live.size() == 1);
  CHECK(all->live[0]->session->str() == "control");
}

// -- responses that cannot be read --------------------------------------------

TEST_CASE_FIXTURE(working_world, "a response that cannot be read ends its "
                                 "dispatch at once") {
  json frame{
      {"type", "response"}, {"agent_id", "alpha"}, {"message_id", "m-1"}};
  std::string text;
  std::string reason;
  SUBCASE("because its content is null") {
    frame["content"] = nullptr;
    text = frame.dump();
    reason = "content: expected a string, got null";
  }
  SUBCASE("because its error is an object") {
    frame["error"] = {{"code", 1}};
    text = frame.dump();
    reason = "error: expected a string or null, got an object";
  }
  SUBCASE("because it nests too deep") {
    text = frame.dump();
    text.pop_back();
    text += ",\"usage\":{\"x\":" + std::string(70, '[') + std::string(70, ']')
            + "}}";
    reason = "nested deeper than 64 levels";
  }
  SUBCASE("because it is cut off") {
    text = frame.dump();
    text.back() = ',';
    text += "\"content\":\"half";
    reason = "Invalid JSON: syntax error at byte";
  }
  SUBCASE("because it does not say who sends it") {
    frame.erase("agent_id");
    text = frame.dump();
    reason = "agent_id: expected a non-empty string, got nothing";
  }
  say(text);
  CHECK(outcome->outcome() == "unreadable_response");
  CHECK(outcome->times == 1);
  CHECK(to_string(*outcome->why())
            .starts_with("The agent's response could not be read: "));
  CHECK(to_string(*outcome->why()).find(reason) != std::string::npos);
  CHECK(all->types() == "agent_error");
  auto event = parsed(protocol::encode(*all->live.front()));
  CHECK(event["metadata"]["reason"] == "unreadable_response");
  CHECK_FALSE(link.socket->closed);
  CHECK(counts().invalid_frames.value() == 1);
  // It is over, and a second response does not change that.
  say(response_frame("alpha", "m-1", "after all"));
  CHECK(outcome->times == 1);
  CHECK(counts().unknown_results.value() == 1);
}

TEST_CASE_FIXTURE(working_world, "an unreadable response ends nothing that is "
                                 "not its own") {
  say(R"({"type":"response","agent_id":"beta","message_id":"m-1",)"
      R"("content":null})");
  CHECK(counts().forged_results.value() == 1);
  say(R"({"type":"response","agent_id":"alpha","message_id":"m-2",)"
      R"("content":null})");
  other.socket->peer_sends(
      R"({"type":"response","message_id":"m-1","content":null})");
  run();
  CHECK(outcome->pending());
  CHECK(all->types() == "");
  CHECK_FALSE(link.socket->closed);
}

TEST_CASE_FIXTURE(working_world, "an unreadable progress report ends nothing") {
  say(R"({"type":"progress","agent_id":"alpha","message_id":"m-1",)"
      R"("status":null})");
  CHECK(outcome->pending());
  CHECK(counts().invalid_frames.value() == 1);
}

TEST_CASE_FIXTURE(working_world, "what an unreadable response cost counts") {
  say(R"({"type":"response","agent_id":"alpha","message_id":"m-1",)"
      R"("content":null,"usage":{"cost_usd":0.5}})");
  CHECK(outcome->outcome() == "unreadable_response");
  CHECK(context().admissions->costs(wall_clock_now()).session.spent
        == micro_usd::from_usd(0.5));
}
