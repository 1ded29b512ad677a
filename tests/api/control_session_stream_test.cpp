#include "api/control_fixture.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

struct streaming_world : control_world {
  bridge link = enter("alpha");

  void open_stream() {
    ask_http("GET", "/control/agents/alpha/events");
    run();
    REQUIRE(http->streaming);
  }

  /// One dispatch, from its start to its response: two events.
  void work(const std::string& message) {
    auto outcome = dispatch(make_task("alpha", message));
    link.socket->peer_sends(response_frame("alpha", message, "done"));
    run();
  }

  /// The numbers of the events that were streamed, and "gap" where it says so.
  std::string streamed() {
    std::istringstream in{http->stream};
    std::string out;
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("id: "))
        out += line.substr(line.rfind('-') + 1) + ' ';
      else if (line == "event: gap")
        out += "gap ";
    }
    return out;
  }

  std::size_t keep_alives() {
    std::size_t out = 0;
    auto pos = http->stream.find(": keep-alive\n\n");
    for (; pos != std::string::npos;
         pos = http->stream.find(": keep-alive\n\n", pos + 1))
      ++out;
    return out;
  }
};

} // namespace

// Contract section 4.

TEST_CASE_FIXTURE(streaming_world, "a stream has all that was, then what "
                                   "happens, each event once") {
  work("m-1");
  open_stream();
  CHECK(last_answer().status == 200);
  CHECK(last_answer().content_type == "text/event-stream; charset=utf-8");
  CHECK(header_of(last_answer(), "x-accel-buffering") == "no");
  CHECK(streamed() == "1 2 3 ");
  work("m-2");
  CHECK(streamed() == "1 2 3 4 5 ");
  // How long a browser waits before it comes again, then the events.
  CHECK(http->stream.starts_with(
      "retry: 3000\n\nid: 0-1\nevent: agent_event\ndata: {"));
}

TEST_CASE_FIXTURE(streaming_world, "a stream is about one agent") {
  open_stream();
  auto other = enter("beta");
  CHECK(streamed() == "1 ");
}

// Contract section 6, number 10.
TEST_CASE_FIXTURE(streaming_world, "a stream follows its agent across "
                                   "reconnects") {
  open_stream();
  link.socket->end();
  run();
  link = enter("alpha");
  work("m-1");
  CHECK(streamed() == "1 2 3 4 5 ");
  CHECK(http->stream.find("agent_disconnected") != std::string::npos);
}

TEST_CASE_FIXTURE(streaming_world, "a stream of an agent that is away waits "
                                   "for it") {
  link.socket->end();
  open_stream();
  CHECK(streamed() == "1 2 ");
  link = enter("alpha");
  CHECK(streamed() == "1 2 3 ");
}

TEST_CASE_FIXTURE(streaming_world, "a quiet stream says every 15 s that it is "
                                   "alive, and never ends") {
  open_stream();
  http->stream.clear();
  pass(14s);
  CHECK(http->stream.empty());
  pass(1s);
  CHECK(http->stream == ": keep-alive\n\n");
  context().agent.liveness.timeout = 24h;
  http->stream.clear();
  for (int i = 0; i < 360; ++i) {
    pass(10s);
    link.socket->peer_shows_life();
  }
  CHECK(keep_alives() == 240);
  CHECK(streamed() == "");
  CHECK_FALSE(http->abandoned);
  work("m-1");
  CHECK(streamed() == "2 3 ");
}

TEST_CASE_FIXTURE(streaming_world, "a reader that falls behind gets all that "
                                   "it missed once it catches up") {
  open_stream();
  http->full = true;
  for (int i = 0; i < 10; ++i)
    work("m-" + std::to_string(i));
  pass(1min);
  CHECK(streamed() == "1 ");
  http->reader_catches_up();
  CHECK(streamed() == "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 ");
  CHECK_FALSE(http->abandoned);
}

TEST_CASE_FIXTURE(streaming_world, "a reader far behind loses progress first, "
                                   "and is told") {
  context().control.stream_backlog = 3;
  open_stream();
  http->full = true;
  auto outcome = dispatch(make_task("alpha", "m-1"));
  link.socket->peer_sends(progress_frame("alpha", "m-1", "one"));
  link.socket->peer_sends(progress_frame("alpha", "m-1", "two"));
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  http->reader_catches_up();
  auto text = streamed();
  CHECK(text.find("gap") != std::string::npos);
  CHECK(text.find("2 ") != std::string::npos);
  CHECK(text.ends_with("5 "));
  CHECK(text.find("3 ") == std::string::npos);
  CHECK_FALSE(http->abandoned);
}

TEST_CASE_FIXTURE(streaming_world, "a reader is told of a gap even if it falls "
                                   "behind again at that moment") {
  context().control.stream_backlog = 3;
  open_stream();
  http->full = true;
  auto outcome = dispatch(make_task("alpha", "m-1"));
  link.socket->peer_sends(progress_frame("alpha", "m-1", "one"));
  link.socket->peer_sends(progress_frame("alpha", "m-1", "two"));
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  // Room for one more piece of text, then none, then enough.
  http->room_for = 1;
  http->reader_catches_up();
  http->room_for.reset();
  http->reader_catches_up();
  CHECK(streamed().find("gap") != std::string::npos);
  CHECK(streamed().ends_with("5 "));
}

TEST_CASE_FIXTURE(streaming_world, "a reader that would lose results gets them "
                                   "from history, each once") {
  context().control.stream_backlog = 3;
  open_stream();
  http->full = true;
  for (int i = 0; i < 5; ++i)
    work("m-" + std::to_string(i));
  CHECK(streamed() == "1 ");
  http->reader_catches_up();
  run();
  CHECK(streamed() == "1 2 3 4 5 6 7 8 9 10 11 ");
  work("m-5");
  CHECK(streamed().ends_with("11 12 13 "));
  CHECK_FALSE(http->abandoned);
}

TEST_CASE_FIXTURE(streaming_world, "a reader that comes again goes on where it "
                                   "was") {
  work("m-1");
  fake_request request;
  request.path = "/control/agents/alpha/events";
  request.headers["authorization"] = "Bearer " + test_token;
  request.headers["last-event-id"] = "0-2";
  SUBCASE("in the same daemon") {
    http->peer_asks(std::move(request));
    run();
    CHECK(streamed() == "3 ");
  }
  SUBCASE("in a later one, from the beginning and with a gap") {
    request.headers["last-event-id"] = "other-2";
    http->peer_asks(std::move(request));
    run();
    CHECK(streamed() == "gap 1 2 3 ");
  }
}

namespace {

struct returning_world : streaming_world {
  /// Asks for a stream; the events' numbers that come, or the refusal's status.
  std::string asked(const std::string& path,
                    const std::string& last_event = {}) {
    fake_request request;
    request.path = path;
    request.headers["authorization"] = "Bearer " + test_token;
    if (!last_event.empty())
      request.headers["last-event-id"] = last_event;
    http->peer_asks(std::move(request));
    run();
    return http->streaming ? streamed() : std::to_string(last_answer().status);
  }
};

} // namespace

TEST_CASE_FIXTURE(returning_world, "a reader that comes back to an agent that "
                                   "is not known any more waits for it") {
  SUBCASE("with the id of an earlier daemon") {
    CHECK(asked("/control/agents/gamma/events", "earlier-7") == "gap ");
  }
  SUBCASE("with an id of this one") {
    CHECK(asked("/control/agents/gamma/events", "0-1") == "gap ");
  }
  SUBCASE("with the id in the query") {
    CHECK(asked("/control/agents/gamma/events?last_event_id=earlier-7")
          == "gap ");
  }
  CHECK(last_answer().status == 200);
  auto gamma = enter("gamma");
  CHECK(streamed() == "gap 2 ");
}

TEST_CASE_FIXTURE(returning_world, "a reader that comes back to a session that "
                                   "is not known any more waits for it") {
  CHECK(asked("/control/sessions/its-own/events", "earlier-7") == "gap ");
  auto gamma = connect();
  gamma.socket->peer_sends(
      register_frame("gamma", {{"metadata", {{"session_id", "its-own"}}}}));
  run();
  CHECK(streamed() == "gap 2 ");
}

TEST_CASE_FIXTURE(returning_world, "a new reader of what is not known is "
                                   "refused, and so is one with a wrong id") {
  SUBCASE("an agent") {
    CHECK(asked("/control/agents/gamma/events") == "404");
  }
  SUBCASE("a session") {
    CHECK(asked("/control/sessions/gamma/events") == "404");
  }
  SUBCASE("no agent's id") {
    CHECK(asked("/control/agents/no%20id/events", "earlier-7") == "400");
  }
  SUBCASE("no session's id") {
    CHECK(asked("/control/sessions/" + std::string(257, 'x') + "/events",
                "earlier-7")
          == "404");
  }
}

TEST_CASE_FIXTURE(returning_world, "where headers cannot be set the query says "
                                   "what was seen last") {
  work("m-1");
  SUBCASE("alone") {
    CHECK(asked("/control/agents/alpha/events?last_event_id=0-2") == "3 ");
  }
  SUBCASE("and the header knows better: it is newer") {
    CHECK(asked("/control/agents/alpha/events?last_event_id=0-1", "0-2")
          == "3 ");
  }
}

TEST_CASE_FIXTURE(returning_world, "a reader may leave the past out") {
  work("m-1");
  SUBCASE("of an agent") {
    CHECK(asked("/control/agents/alpha/events?history=0") == "");
    work("m-2");
    CHECK(streamed() == "4 5 ");
    kill_and_recover("event-hub");
    work("m-3");
    CHECK(streamed() == "4 5 6 7 ");
  }
  SUBCASE("of a session") {
    CHECK(asked("/control/sessions/control/events?history=0") == "");
    work("m-2");
    CHECK(streamed() == "4 5 ");
  }
  SUBCASE("but not what it missed while it was away") {
    CHECK(asked("/control/agents/alpha/events?history=0", "0-1") == "2 3 ");
  }
}

TEST_CASE_FIXTURE(streaming_world, "a new reader of a long past is no slow "
                                   "reader") {
  context().control.stream_backlog = 3;
  for (int i = 0; i < 10; ++i)
    work("m-" + std::to_string(i));
  open_stream();
  CHECK_FALSE(http->abandoned);
  CHECK(streamed().ends_with("20 21 "));
}

TEST_CASE_FIXTURE(streaming_world,
                  "a stream whose reader leaves is let go of") {
  open_stream();
  http->peer_leaves();
  aut = nullptr;
  run();
  CHECK(count("control-session") == 0);
  CHECK(context().journal->followed_streams() == 0);
}

TEST_CASE_FIXTURE(streaming_world, "a stream ends with the daemon") {
  open_stream();
  dismiss_clients();
  CHECK(http->abandoned);
}

TEST_CASE_FIXTURE(streaming_world, "a stream goes on when a core actor dies, "
                                   "without an event twice") {
  work("m-1");
  open_stream();
  std::string victim;
  SUBCASE("the event hub") {
    victim = "event-hub";
  }
  SUBCASE("the registry") {
    victim = "registry";
  }
  kill_and_recover(victim);
  work("m-2");
  kill_and_recover(victim);
  work("m-3");
  CHECK(streamed() == "1 2 3 4 5 6 7 ");
  CHECK_FALSE(http->abandoned);
}

TEST_CASE_FIXTURE(streaming_world, "readers of an event share its text") {
  open_stream();
  auto one = open();
  auto other = open();
  for (auto* x : {one.get(), other.get()})
    get_by(*x, "/control/agents/alpha/events");
  auto record = follow("alpha");
  work("m-1");
  for (auto* x : {one.get(), other.get()})
    CHECK(x->stream == http->stream);
  REQUIRE(record->live.size() == 2);
  CHECK(record->live[1]->text.find());
}

TEST_CASE_FIXTURE(streaming_world, "what waits for a reader is told to its "
                                   "session") {
  open_stream();
  CHECK(http->backlog == 0);
  http->full = true;
  work("m-1");
  CHECK(http->backlog > 0);
  CHECK(context().output->total() == http->backlog);
  http->reader_catches_up();
  CHECK(http->backlog == 0);
  CHECK(context().output->total() == 0);
}

TEST_CASE_FIXTURE(streaming_world, "a reader that is dropped is counted, by "
                                   "the reason") {
  open_stream();
  auto& counts = context().counts;
  SUBCASE("it took nothing") {
    http->end({errc::stalled, {}});
    CHECK(counts.stalled_readers.value() == 1);
    CHECK(counts.indebted_readers.value() == 0);
  }
  SUBCASE("it had to make room") {
    http->end({errc::output_budget, {}});
    CHECK(counts.stalled_readers.value() == 0);
    CHECK(counts.indebted_readers.value() == 1);
  }
  SUBCASE("it left: that is none of them") {
    http->peer_leaves();
    CHECK(counts.stalled_readers.value() == 0);
    CHECK(counts.indebted_readers.value() == 0);
  }
}

TEST_CASE_FIXTURE(streaming_world, "a long past waits in the hub, not in each "
                                   "reader's hands") {
  for (int i = 0; i < 8; ++i) {
    auto outcome = dispatch(make_task("alpha", "m-" + std::to_string(i)));
    link.socket->peer_sends(response_frame("alpha", "m-" + std::to_string(i),
                                           std::string(500'000, 'x')));
    run();
  }
  http->full = true;
  open_stream();
  CHECK(http->backlog > 0);
  CHECK(http->backlog < 2 * event_feed::history_page);
  http->reader_catches_up();
  run();
  CHECK(streamed() == "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 ");
}
