#include "actors/stored_world.hpp"
#include "api/control_fixture.hpp"
#include "api/dispatch_bodies.hpp"
#include "protocol/record_json.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

/// The numbers of the events that were streamed, "gap" where it says so, and
/// "outcome" for an event of this type; "end" if the stream is complete.
std::string streamed(const fake_http& x) {
  std::istringstream in{x.stream};
  std::string out;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("id: "))
      out += line.substr(line.rfind('-') + 1) + ' ';
    else if (line == "event: gap")
      out += "gap ";
    else if (line.starts_with(R"(data: {"event_type":"outcome",)"))
      out += "outcome ";
  }
  return out + (x.is_stream_over ? "end" : "");
}

void ask_for_stream(fake_http& http, const std::string& id,
                    const std::string& last_event = {},
                    const std::string& verb = "GET") {
  fake_request request;
  request.verb = verb;
  request.path = "/control/dispatches/" + id;
  request.headers["authorization"] = "Bearer " + test_token;
  if (!last_event.empty())
    request.headers["last-event-id"] = last_event;
  http.peer_asks(std::move(request));
}

/// Without a store: the event hub's memory is the history.
struct dispatch_world : control_world {
  bridge link = enter("alpha");

  void begin(const std::string& id) {
    outcomes.push_back(dispatch(make_task("alpha", id)));
    run();
  }

  void progress(const std::string& id) {
    link.socket->peer_sends(progress_frame("alpha", id, "working"));
    run();
  }

  void end(const std::string& id) {
    link.socket->peer_sends(response_frame("alpha", id, "done"));
    run();
  }

  void open_stream(const std::string& id, const std::string& last_event = {}) {
    ask_for_stream(*http, id, last_event);
    run();
  }

  std::vector<dispatch_reply_ptr> outcomes;
};

} // namespace

TEST_CASE_FIXTURE(dispatch_world,
                  "the stream of a dispatch has its events, and "
                  "ends with it") {
  begin("m-1");
  begin("m-2");
  progress("m-1");
  open_stream("m-1/events");
  CHECK(last_answer().status == 200);
  CHECK(last_answer().content_type == "text/event-stream; charset=utf-8");
  CHECK(last_answer().is_last);
  CHECK(http->stream.starts_with("retry: 3000\n\nid: 0-2\nevent: "
                                 "dispatch_event\ndata: {"));
  progress("m-2");
  progress("m-1");
  CHECK(streamed(*http) == "2 4 6 ");
  end("m-2");
  end("m-1");
  CHECK(streamed(*http) == "2 4 6 8 end");
  CHECK_FALSE(http->abandoned);
  // The session waits until the reader has everything.
  pass(1h);
  CHECK(streamed(*http) == "2 4 6 8 end");
  http->peer_leaves();
  aut = nullptr;
  run();
  CHECK(count("control-session") == 0);
  CHECK(context().journal->followed_streams() == 0);
}

TEST_CASE_FIXTURE(dispatch_world, "the stream of a dispatch that has ended is "
                                  "its history") {
  begin("m-1");
  end("m-1");
  SUBCASE("all of it") {
    open_stream("m-1/events");
    CHECK(streamed(*http) == "2 3 end");
  }
  SUBCASE("after the last event that was seen") {
    open_stream("m-1/events", "0-2");
    CHECK(streamed(*http) == "3 end");
  }
  SUBCASE("of which the reader has seen everything") {
    open_stream("m-1/events?last_event_id=0-3");
    CHECK(streamed(*http) == "end");
  }
  SUBCASE("of which the reader wants nothing") {
    open_stream("m-1/events?history=0");
    CHECK(streamed(*http) == "end");
  }
  SUBCASE("after an event of an earlier daemon") {
    open_stream("m-1/events", "other-2");
    CHECK(streamed(*http) == "gap 2 3 end");
  }
  CHECK_FALSE(http->abandoned);
}

TEST_CASE_FIXTURE(dispatch_world, "an error ends the stream of a dispatch") {
  begin("m-1");
  open_stream("m-1/events");
  link.socket->end();
  run();
  CHECK(streamed(*http) == "2 3 end");
  CHECK(http->stream.find("agent_error") != std::string::npos);
}

TEST_CASE_FIXTURE(dispatch_world, "the stream of an unknown dispatch is "
                                  "refused") {
  SUBCASE("to a new reader") {
    open_stream("m-1/events");
  }
  SUBCASE("and to one that comes back: it will not appear") {
    open_stream("m-1/events", "earlier-7");
  }
  CHECK(last_answer().status == 404);
  CHECK(detail_of(last_answer()) == sentence(errc::unknown_dispatch));
  CHECK_FALSE(http->streaming);
}

TEST_CASE_FIXTURE(dispatch_world, "HEAD of a dispatch's stream has its header "
                                  "only") {
  begin("m-1");
  ask_for_stream(*http, "m-1/events", {}, "HEAD");
  run();
  CHECK(last_answer().status == 200);
  CHECK_FALSE(http->streaming);
}

TEST_CASE_FIXTURE(dispatch_world, "the stream of a dispatch goes on when the "
                                  "event hub dies") {
  begin("m-1");
  open_stream("m-1/events");
  kill_and_recover("event-hub");
  progress("m-1");
  kill_and_recover("event-hub");
  end("m-1");
  CHECK(streamed(*http) == "2 3 4 end");
}

TEST_CASE_FIXTURE(dispatch_world, "a slow reader of a dispatch gets its end") {
  context().control.stream_backlog = 2;
  begin("m-1");
  open_stream("m-1/events");
  http->full = true;
  for (auto i = 0; i < 5; ++i)
    progress("m-1");
  end("m-1");
  CHECK(streamed(*http) == "2 ");
  http->reader_catches_up();
  run();
  CHECK(streamed(*http).starts_with("2 "));
  CHECK(streamed(*http).find("gap") != std::string::npos);
  CHECK(streamed(*http).ends_with("8 end"));
  CHECK(http->backlog == 0);
}

// -- with a store -------------------------------------------------------------

namespace {

struct stored_dispatch_world : stored_world {
  stored_dispatch_world() {
    watch(http);
    spawn_on(sys, &thread(), control_session, &context(),
             std::shared_ptr<net::http_session>{http});
    commit();
  }

  ~stored_dispatch_world() {
    CHECK(http->stray_answers == 0);
  }

  void begin(const std::string& id) {
    outcomes.push_back(dispatch(make_task("alpha", id)));
    commit();
  }

  /// Not on record yet.
  void send_progress(const std::string& id, const std::string& text = "x") {
    link.socket->peer_sends(R"({"type":"progress","agent_id":"alpha",)"
                            R"("message_id":")"
                            + id + R"(","status":"running","progress_text":")"
                            + text + "\"}");
    run();
  }

  void end(const std::string& id) {
    link.socket->peer_sends(response_frame("alpha", id, "done"));
    commit();
  }

  void open_stream(const std::string& id, const std::string& last_event = {}) {
    ask_for_stream(*http, id, last_event);
    wait_until([&] { return http->streaming || !http->answers.empty(); });
  }

  void wait_for(const std::string& text) {
    wait_until([&] { return streamed(*http).ends_with(text); });
  }

  bridge link = enter("alpha");
  std::shared_ptr<fake_http> http =
      std::make_shared<fake_http>(thread().deadlines);
  std::vector<dispatch_reply_ptr> outcomes;
};

} // namespace

TEST_CASE_FIXTURE(stored_dispatch_world,
                  "the history of a dispatch comes from the store") {
  begin("m-1");
  send_progress("m-1");
  commit();
  open_stream("m-1/events");
  wait_for("3 ");
  send_progress("m-1");
  end("m-1");
  wait_for("end");
  CHECK(streamed(*http) == "2 3 4 5 end");
}

TEST_CASE_FIXTURE(stored_dispatch_world,
                  "no event is missed or doubled while a stream begins") {
  begin("m-1");
  ask_for_stream(*http, "m-1/events");
  // Something happens between any two steps.
  for (auto i = 0; i < 8; ++i) {
    send_progress("m-1");
    let_arrive();
    if (i % 2 == 0)
      send_progress("m-1");
    run();
  }
  commit();
  kill_and_recover("event-hub");
  send_progress("m-1");
  commit();
  end("m-1");
  wait_for("end");
  CHECK(streamed(*http) == "2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 end");
}

TEST_CASE_FIXTURE(stored_dispatch_world,
                  "a long history is read page by page, as the reader reads") {
  begin("m-1");
  for (auto i = 0; i < 8; ++i) {
    send_progress("m-1", std::string(300'000, 'x'));
    commit();
  }
  http->full = true;
  ask_for_stream(*http, "m-1/events");
  wait_until([&] { return http->backlog > 0; });
  CHECK(http->backlog < 2 * event_feed::history_page);
  http->reader_catches_up();
  wait_for("10 ");
  end("m-1");
  wait_for("end");
  CHECK(streamed(*http) == "2 3 4 5 6 7 8 9 10 11 end");
}

TEST_CASE_FIXTURE(stored_dispatch_world,
                  "a late result belongs to the history of a dispatch") {
  begin("m-1");
  caf::anon_send(link.aut, cancel_atom_v, message_id{"m-1"});
  commit();
  end("m-1");
  open_stream("m-1/events");
  wait_for("end");
  CHECK(streamed(*http) == "2 3 4 5 end");
  CHECK(http->stream.find("late_result") != std::string::npos);
}

TEST_CASE_FIXTURE(stored_dispatch_world,
                  "the stream of a dispatch is found by a short id") {
  auto id = std::string{"0197c3d2-7a7e-7c3b-9a52-3f0c5e8d1b64"};
  begin(id);
  end(id);
  SUBCASE("that is unambiguous") {
    open_stream("5e8d1b64/events");
    wait_for("end");
    CHECK(streamed(*http) == "2 3 end");
  }
  SUBCASE("that is ambiguous") {
    begin("0197c3d2-7a7e-7c3b-9a52-3f0c5e8d1b65");
    open_stream("0197c3d2/events");
    CHECK(http->answers.back().status == 404);
    CHECK(detail_of(http->answers.back()).starts_with("Several dispatches"));
  }
  SUBCASE("that is nobody's") {
    open_stream("ffffffff/events");
    CHECK(http->answers.back().status == 404);
  }
}

TEST_CASE_FIXTURE(stored_dispatch_world,
                  "a reader that claims an event of nobody's starts again") {
  begin("m-1");
  end("m-1");
  open_stream("m-1/events", "0-99");
  wait_for("end");
  CHECK(streamed(*http) == "gap 2 3 end");
}

// -- dispatches that no agent gets --------------------------------------------

namespace {

struct unassigned_world : stored_dispatch_world {
  unassigned_world() {
    auto order = std::make_shared<dispatch_order>(*make_task("", "m-1"));
    order->require = {"a-skill"};
    order->options.queue_timeout = 60s;
    outcomes.push_back(dispatch(order));
    commit();
    CHECK(stored("m-1").row.agent.empty());
  }

  void cancel() {
    caf::anon_send(context().core.registry, cancel_atom_v, agent_id{},
                   message_id{"m-1"});
    commit();
  }

  /// Lets time pass until the stream is over.
  void wait_for_end() {
    wait_until([&] {
      pass(1s);
      return http->is_stream_over;
    });
  }
};

} // namespace

TEST_CASE_FIXTURE(unassigned_world,
                  "the stream of a dispatch that ends without "
                  "an agent ends with its outcome") {
  std::string query;
  std::string reason = "cancelled";
  SUBCASE("if the reader was there before") {
    open_stream("m-1/events");
    pass(5s);
    CHECK(streamed(*http).empty());
    cancel();
  }
  SUBCASE("if the reader wants no history") {
    open_stream("m-1/events?history=0");
    cancel();
  }
  SUBCASE("if the reader comes later") {
    cancel();
    open_stream("m-1/events");
  }
  SUBCASE("if nobody cancelled it") {
    open_stream("m-1/events");
    pass(60s);
    commit();
    reason = "timeout";
  }
  wait_for_end();
  CHECK(streamed(*http) == "outcome end");
  CHECK(http->stream.find("\nid:") == std::string::npos);
  auto begin = http->stream.find("event: dispatch_event\ndata: ");
  REQUIRE(begin != std::string::npos);
  auto data = http->stream.substr(begin + 28);
  auto event = parsed(data.substr(0, data.find('\n')));
  CHECK(event["metadata"]["agent_id"].is_null());
  CHECK(event["metadata"]["message_id"] == "m-1");
  auto known = stored("m-1");
  CHECK(event["timestamp"] == to_iso8601(known.row.changed));
  CHECK(event["session_id"] == known.row.session.str());
  auto record = event["metadata"]["record"];
  CHECK(record["reason"] == reason);
  CHECK(record
        == parsed(protocol::encode(to_record(known), more_members(known))));
}

TEST_CASE_FIXTURE(unassigned_world, "a slow reader of a dispatch that ends "
                                    "without an agent gets its outcome") {
  open_stream("m-1/events");
  http->full = true;
  cancel();
  // All that the store is asked on the way to the outcome.
  for (auto i = 0; i < 8; ++i) {
    pass(1s);
    std::ignore = stored("m-1");
    let_arrive();
    run();
  }
  CHECK(streamed(*http).empty());
  http->reader_catches_up();
  wait_for_end();
  CHECK(streamed(*http) == "outcome end");
}

TEST_CASE_FIXTURE(stored_dispatch_world, "a reader that has seen the end of a "
                                         "dispatch is not told its outcome") {
  begin("m-1");
  end("m-1");
  open_stream("m-1/events", "0-3");
  wait_for("end");
  CHECK(streamed(*http) == "end");
}
