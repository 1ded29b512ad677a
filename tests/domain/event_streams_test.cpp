#include "domain/event_streams.hpp"
#include "domain/events.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <map>
#include <utility>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

const stream_name alpha{agent_id{"alpha"}};
const stream_name beta{agent_id{"beta"}};
const stream_name everything;

/// The sequence numbers, and a "!" in front where there is a gap.
std::string numbers(const past_events& x) {
  std::string out = x.gap ? "!" : "";
  for (const auto& event : x.events)
    out += std::to_string(event->sequence) + ' ';
  return out;
}

void add(event_streams& aut, event x) {
  aut.add(std::make_shared<event_streams::entry>(std::move(x)));
}

void add(event_streams& aut, std::uint64_t sequence, const std::string& agent) {
  add(aut, *make_event(sequence, agent, agent_connected{}));
}

/// An event of which the memory is almost all content.
void add_large(event_streams& aut, std::uint64_t sequence,
               const std::string& agent, std::size_t bytes) {
  add(aut,
      *make_event(sequence, agent, responded("m", std::string(bytes, 'x'))));
}

/// A connection of an agent's bridge, in that bridge's own session.
void add_connection(event_streams& aut, std::uint64_t sequence,
                    const std::string& agent, std::size_t bytes = 0) {
  agent_connected body;
  body.capabilities.emplace_back(bytes, 'x');
  event out = *make_event(sequence, agent, std::move(body));
  out.session = share(session_id{"of-" + agent});
  add(aut, std::move(out));
}

void add_progress(event_streams& aut, std::uint64_t sequence,
                  const std::string& agent, std::size_t bytes = 0) {
  progress report;
  report.text = std::string(bytes, 'x');
  add(aut,
      *make_event(sequence, agent,
                  agent_progress{std::make_shared<const progress>(report)}));
}

constexpr std::size_t enough = 1'000'000;

} // namespace

TEST_CASE("a stream has the events of its agent, oldest first") {
  event_streams aut{{10, enough}};
  add(aut, 1, "alpha");
  add(aut, 2, "beta");
  add(aut, 3, "alpha");
  CHECK(numbers(aut.since(alpha, 0)) == "1 3 ");
  CHECK(numbers(aut.since(beta, 0)) == "2 ");
  CHECK(numbers(aut.since(everything, 0)) == "1 2 3 ");
}

TEST_CASE("what a reader has seen is left out") {
  event_streams aut{{10, enough}};
  for (std::uint64_t i = 1; i <= 5; ++i)
    add(aut, i, i % 2 == 0 ? "beta" : "alpha");
  CHECK(numbers(aut.since(alpha, 1)) == "3 5 ");
  CHECK(numbers(aut.since(alpha, 2)) == "3 5 ");
  CHECK(numbers(aut.since(alpha, 5)) == "");
  CHECK(numbers(aut.since(everything, 3)) == "4 5 ");
  CHECK(numbers(aut.since(alpha, 1000)) == "");
}

TEST_CASE("an agent without events has no past and no gap") {
  event_streams aut{{10, enough}};
  add(aut, 1, "alpha");
  CHECK(numbers(aut.since(beta, 0)) == "");
}

TEST_CASE("an event is in two sessions' streams, and forgotten in both") {
  event_streams aut{{10, 10'000}};
  auto add_shared = [&](std::uint64_t sequence) {
    event x =
        *make_event(sequence, "alpha", responded("m", std::string(4000, 'x')));
    x.bridge_session = share(session_id{"bridge"});
    add(aut, std::move(x));
  };
  stream_name of_bridge{session_id{"bridge"}};
  stream_name of_sender{session_id{"control"}};
  add_shared(1);
  add_shared(2);
  CHECK(numbers(aut.since(of_bridge, 0)) == "1 2 ");
  CHECK(numbers(aut.since(of_sender, 0)) == "1 2 ");
  add_shared(3);
  CHECK(numbers(aut.since(of_bridge, 0)) == "!2 3 ");
  CHECK(numbers(aut.since(of_sender, 0)) == "!2 3 ");
  CHECK(aut.events() == 2);
}

TEST_CASE("the past comes in pages of bounded memory") {
  event_streams aut{{100, enough}};
  for (std::uint64_t i = 1; i <= 5; ++i)
    add_large(aut, i, "alpha", 4000);
  auto page = aut.since(alpha, 0, 10'000);
  CHECK(numbers(page) == "1 2 ");
  CHECK(page.more);
  page = aut.since(alpha, 2, 10'000);
  CHECK(numbers(page) == "3 4 ");
  page = aut.since(alpha, 4, 10'000);
  CHECK(numbers(page) == "5 ");
  CHECK_FALSE(page.more);
  // One that is larger than a page is one.
  CHECK(numbers(aut.since(alpha, 0, 100)) == "1 ");
}

TEST_CASE("of each agent a bounded number of events is remembered") {
  event_streams aut{{3, enough}};
  for (std::uint64_t i = 1; i <= 5; ++i)
    add(aut, i, "alpha");
  add(aut, 6, "beta");
  CHECK(numbers(aut.since(alpha, 0)) == "!3 4 5 ");
  CHECK(numbers(aut.since(beta, 0)) == "6 ");
}

TEST_CASE("only a reader that missed something is told of a gap") {
  event_streams aut{{3, enough}};
  for (std::uint64_t i = 1; i <= 5; ++i)
    add(aut, i, "alpha");
  CHECK(numbers(aut.since(alpha, 1)) == "!3 4 5 ");
  CHECK(numbers(aut.since(alpha, 2)) == "3 4 5 ");
  CHECK(numbers(aut.since(alpha, 4)) == "5 ");
}

TEST_CASE("memory is bounded, and the agent that has most loses its oldest") {
  event_streams aut{{100, 10'000}};
  add_large(aut, 1, "alpha", 4000);
  add_large(aut, 2, "beta", 4000);
  CHECK(numbers(aut.since(everything, 0)) == "1 2 ");
  add_large(aut, 3, "beta", 4000);
  CHECK(aut.bytes() <= 10'000);
  CHECK(numbers(aut.since(everything, 0)) == "!1 3 ");
  CHECK(numbers(aut.since(alpha, 0)) == "1 ");
  CHECK(numbers(aut.since(beta, 0)) == "!3 ");
  CHECK(numbers(aut.since(beta, 2)) == "3 ");
  add_large(aut, 4, "alpha", 4000);
  CHECK(numbers(aut.since(alpha, 0)) == "!4 ");
  CHECK(numbers(aut.since(beta, 0)) == "!3 ");
}

TEST_CASE("bytes are counted back to nothing but the last event") {
  event_streams aut{{100, 50'000}};
  for (std::uint64_t i = 1; i <= 1000; ++i)
    add_large(aut, i, std::to_string(i % 7), 1000 + i % 13);
  CHECK(aut.bytes() <= 50'000);
  CHECK(aut.bytes() > 40'000);
}

TEST_CASE("a result over the limit is remembered, and no progress beside it") {
  event_streams aut{{100, 10'000}};
  add_progress(aut, 1, "alpha");
  add_large(aut, 2, "alpha", 20'000);
  CHECK(numbers(aut.since(alpha, 0)) == "!2 ");
}

TEST_CASE("one event over the limit is remembered for now, and costs other "
          "agents nothing") {
  event_streams aut{{100, 10'000}};
  add(aut, 1, "beta");
  add_large(aut, 2, "alpha", 20'000);
  CHECK(numbers(aut.since(everything, 0)) == "1 2 ");
  add(aut, 3, "beta");
  CHECK(numbers(aut.since(everything, 0)) == "!1 3 ");
  CHECK(aut.bytes() <= 10'000);
}

TEST_CASE("every stream has the same bound, that of all, too") {
  event_streams aut{{2, enough}};
  for (std::uint64_t i = 1; i <= 4; ++i)
    add(aut, i, i % 2 == 0 ? "beta" : "alpha");
  CHECK(numbers(aut.since(everything, 0)) == "!3 4 ");
  CHECK(numbers(aut.since(alpha, 0)) == "1 3 ");
}

TEST_CASE("progress pushes no other event out of a stream") {
  event_streams aut{{3, enough}};
  add(aut, 1, "alpha");
  for (std::uint64_t i = 2; i <= 9; ++i)
    add_progress(aut, i, "alpha");
  add(aut, 10, "alpha");
  CHECK(numbers(aut.since(alpha, 0)) == "!1 7 8 9 10 ");
  CHECK(numbers(aut.since(everything, 0)) == "!1 7 8 9 10 ");
}

TEST_CASE("other events push no progress out of a stream") {
  event_streams aut{{2, enough}};
  add_progress(aut, 1, "alpha");
  for (std::uint64_t i = 2; i <= 5; ++i)
    add(aut, i, "alpha");
  CHECK(numbers(aut.since(alpha, 0)) == "!1 4 5 ");
}

TEST_CASE("progress that was forgotten amid other events is a gap for readers "
          "from before it alone") {
  event_streams aut{{2, enough}};
  add(aut, 1, "alpha");
  add_progress(aut, 2, "alpha");
  add_progress(aut, 3, "alpha");
  add(aut, 4, "alpha");
  CHECK(numbers(aut.since(alpha, 0)) == "1 2 3 4 ");
  add_progress(aut, 5, "alpha");
  CHECK(numbers(aut.since(alpha, 0)) == "!1 3 4 5 ");
  CHECK(numbers(aut.since(alpha, 1)) == "!3 4 5 ");
  CHECK(numbers(aut.since(alpha, 2)) == "3 4 5 ");
  CHECK(numbers(aut.since(alpha, 3)) == "4 5 ");
}

TEST_CASE("where memory is short, progress goes before older events, the "
          "oldest first") {
  event_streams aut{{100, 20'000}};
  add_large(aut, 1, "alpha", 8000);
  add_progress(aut, 2, "alpha", 3000);
  add_progress(aut, 3, "beta", 3000);
  CHECK(numbers(aut.since(everything, 0)) == "1 2 3 ");
  add_large(aut, 4, "alpha", 5000);
  CHECK(numbers(aut.since(everything, 0)) == "!1 3 4 ");
  CHECK(numbers(aut.since(alpha, 0)) == "!1 4 ");
  CHECK(numbers(aut.since(beta, 0)) == "3 ");
  CHECK(aut.bytes() <= 20'000);
}

TEST_CASE("an eighth of the memory is left to progress") {
  event_streams aut{{100, 80'000}};
  for (std::uint64_t i = 1; i <= 20; ++i)
    add_large(aut, i, "alpha", 8000);
  add_progress(aut, 21, "alpha", 4000);
  add_progress(aut, 22, "alpha", 4000);
  add_progress(aut, 23, "alpha", 4000);
  add_large(aut, 24, "alpha", 8000);
  CHECK(numbers(aut.since(alpha, 19)) == "!20 22 23 24 ");
  CHECK(numbers(aut.since(alpha, 21)) == "22 23 24 ");
}

TEST_CASE("progress alone fills the memory there is") {
  event_streams aut{{100, 50'000}};
  for (std::uint64_t i = 1; i <= 1000; ++i)
    add_progress(aut, i, std::to_string(i % 7), 1000 + i % 13);
  CHECK(aut.bytes() <= 50'000);
  CHECK(aut.bytes() > 40'000);
}

TEST_CASE("a stream of which only progress was forgotten still has a gap") {
  event_streams aut{{100, 10'000}};
  add_progress(aut, 1, "alpha", 8000);
  add_large(aut, 2, "beta", 8000);
  CHECK(numbers(aut.since(alpha, 0)) == "!");
  CHECK(numbers(aut.since(beta, 0)) == "2 ");
}

TEST_CASE("an event is forgotten with the last stream that has it") {
  event_streams aut{{2, enough}};
  for (std::uint64_t i = 1; i <= 100; ++i)
    add(aut, i, "alpha");
  CHECK(aut.events() == 2);
  auto of_two = aut.bytes();
  add(aut, 101, "alpha");
  CHECK(aut.bytes() == of_two);
}

TEST_CASE("streams that lost all their events are forgotten after a while") {
  event_streams aut{{100, 10'000, 2}};
  for (std::uint64_t i = 1; i <= 50; ++i)
    add_large(aut, i, "agent-" + std::to_string(i), 8000);
  CHECK(aut.streams() <= 8);
}

TEST_CASE("an agent goes on in a session that was forgotten meanwhile") {
  event_streams aut{{100, 10'000, 0}};
  auto add_to_session = [&](std::uint64_t sequence, std::size_t bytes) {
    event x =
        *make_event(sequence, "alpha", responded("m", std::string(bytes, 'x')));
    x.session = share(session_id{"s"});
    add(aut, std::move(x));
  };
  stream_name session{session_id{"s"}};
  // Of another kind, so that the agent stays known.
  add_progress(aut, 1, "alpha");
  add_to_session(2, 8000);
  add_large(aut, 3, "beta", 8000);
  CHECK_FALSE(aut.knows(session_id{"s"}));
  add_to_session(4, 10);
  CHECK(numbers(aut.since(session, 0)) == "4 ");
  CHECK(numbers(aut.since(alpha, 0)) == "!1 4 ");
}

TEST_CASE("a session is known by its opening or by its events") {
  event_streams aut{{10, enough, 2}};
  const session_id first{"s-1"};
  CHECK_FALSE(aut.knows(first));
  aut.open(first);
  CHECK(aut.knows(first));
  CHECK(aut.since(stream_name{first}, 0).events.empty());
  aut.open(session_id{"s-2"});
  aut.open(session_id{"s-3"});
  CHECK_FALSE(aut.knows(first));
  auto event = make_event(1, "alpha", agent_connected{});
  add(aut, *event);
  CHECK(aut.knows(*event->session));
  CHECK(numbers(aut.since(stream_name{*event->session}, 0)) == "1 ");
}

TEST_CASE("a reader is told of a gap where nothing of the stream is left") {
  event_streams aut{{100, 10'000}};
  add_large(aut, 1, "alpha", 8000);
  add_large(aut, 2, "beta", 8000);
  CHECK(numbers(aut.since(alpha, 0)) == "!");
  SUBCASE("also when the agent is heard of again") {
    add(aut, 3, "alpha");
    CHECK(numbers(aut.since(alpha, 0)) == "!3 ");
  }
}

// -- what agents do to each other ---------------------------------------------

TEST_CASE("600 reconnects of one agent push no result out of the control "
          "session") {
  event_streams aut{{1000, enough * 100}};
  std::uint64_t sequence = 0;
  for (auto i = 0; i < 100; ++i)
    add(aut, *make_event(++sequence, "beta", responded("m", "done")));
  for (auto i = 0; i < 1200; ++i)
    add_connection(aut, ++sequence, "alpha");
  const stream_name control{session_id{"control"}};
  CHECK(aut.since(control, 0).events.size() == 100);
  CHECK_FALSE(aut.since(control, 0).gap);
  CHECK(aut.since(beta, 0).events.size() == 100);
}

TEST_CASE("1100 connections with large capabilities erase no other agent's "
          "events") {
  event_streams aut{{1000, 64 * 1024 * 1024}};
  std::uint64_t sequence = 0;
  for (auto i = 0; i < 100; ++i)
    add(aut, *make_event(++sequence, "agent-" + std::to_string(i),
                         responded("m", std::string(1000, 'x'))));
  for (auto i = 0; i < 1100; ++i)
    add_connection(aut, ++sequence, "alpha", 64 * 1024);
  CHECK(aut.bytes() <= 64 * 1024 * 1024);
  for (auto i = 0; i < 100; ++i) {
    auto past =
        aut.since(stream_name{agent_id{"agent-" + std::to_string(i)}}, 0);
    CHECK(past.events.size() == 1);
    CHECK_FALSE(past.gap);
  }
}

TEST_CASE("of a session's history each agent has its share") {
  event_streams aut{{100, enough}};
  const stream_name control{session_id{"control"}};
  std::uint64_t sequence = 0;
  for (auto i = 0; i < 20; ++i)
    add(aut, ++sequence, "beta");
  for (auto i = 0; i < 5000; ++i)
    add(aut, ++sequence, "alpha");
  auto past = aut.since(control, 0);
  CHECK(past.events.size() == 100);
  CHECK(past.gap);
  for (std::uint64_t i = 0; i < 20; ++i)
    CHECK(past.events[i]->sequence == i + 1);
  // In order, and to the newest.
  CHECK(past.events[20]->sequence == 4941);
  CHECK(past.events.back()->sequence == 5020);
  CHECK(numbers(aut.since(control, 5018)) == "5019 5020 ");
  CHECK_FALSE(aut.since(alpha, 4920).gap);
}

TEST_CASE("many agents get about the same share of a session's history") {
  event_streams aut{{100, enough}};
  const stream_name control{session_id{"control"}};
  for (std::uint64_t i = 1; i <= 10'000; ++i)
    add(aut, i, "agent-" + std::to_string(i % 10));
  std::map<std::string, int> counts;
  for (const auto& x : aut.since(control, 0).events)
    ++counts[x->agent.str()];
  CHECK(counts.size() == 10);
  for (const auto& [agent, count] : counts) {
    CHECK_FALSE(agent.empty());
    CHECK(count >= 7);
    CHECK(count <= 15);
  }
}

TEST_CASE("an agent's flood of progress leaves the others' progress in place") {
  event_streams aut{{100, 100'000}};
  for (std::uint64_t i = 1; i <= 10; ++i)
    add_progress(aut, i, "beta", 100);
  for (std::uint64_t i = 11; i <= 2000; ++i)
    add_progress(aut, i, "alpha", 1000);
  CHECK(aut.since(beta, 0).events.size() == 10);
  CHECK_FALSE(aut.since(beta, 0).gap);
  CHECK(aut.bytes() <= 100'000);
}

TEST_CASE("agents that come, share a session and are forgotten leave nothing") {
  event_streams aut{{20, 20'000, 5}};
  for (std::uint64_t i = 1; i <= 3000; ++i) {
    auto name = "agent-" + std::to_string(i / 7);
    if (i % 3 == 0)
      add_connection(aut, i, name, i % 500);
    else if (i % 3 == 1)
      add_progress(aut, i, name, i % 700);
    else
      add_large(aut, i, name, i % 900);
    REQUIRE(aut.bytes() <= 20'000);
  }
  CHECK(aut.streams() <= 2 * (aut.events() + 5));
}

TEST_CASE("what is remembered survives a move") {
  event_streams before{{100, 20'000}};
  for (std::uint64_t i = 1; i <= 20; ++i)
    add(before, i, i % 2 == 0 ? "beta" : "alpha");
  event_streams aut{{1, 1}};
  aut = std::move(before);
  CHECK(aut.since(everything, 0).events.size() == 20);
  for (std::uint64_t i = 21; i <= 60; ++i)
    add_large(aut, i, "alpha", 1000);
  CHECK(aut.bytes() <= 20'000);
  CHECK(aut.since(beta, 0).events.size() == 10);
}

// -- erasing ------------------------------------------------------------------

TEST_CASE("the events of a dispatch can be forgotten wherever they are") {
  event_streams aut{{10, enough}};
  auto about = [&](std::uint64_t sequence, const std::string& agent,
                   const std::string& dispatch) {
    add(aut, *make_event(sequence, agent, responded(dispatch, "x")));
  };
  auto erase = [&] { aut.forget(agent_id{"alpha"}, message_id{"m"}); };
  SUBCASE("in the middle") {
    about(1, "alpha", "other");
    about(2, "alpha", "m");
    about(3, "beta", "m");
    about(4, "alpha", "m");
    add(aut, 5, "alpha");
    erase();
    CHECK(numbers(aut.since(alpha, 0)) == "!1 5 ");
    CHECK(numbers(aut.since(everything, 0)) == "!1 3 5 ");
    CHECK(numbers(aut.since(alpha, 4)) == "5 ");
    CHECK(aut.events() == 3);
    about(6, "alpha", "m");
    CHECK(numbers(aut.since(alpha, 0)) == "!1 5 6 ");
  }
  SUBCASE("at the end") {
    add(aut, 1, "alpha");
    about(2, "alpha", "m");
    erase();
    CHECK(numbers(aut.since(alpha, 0)) == "!1 ");
    add(aut, 3, "alpha");
    CHECK(numbers(aut.since(alpha, 0)) == "!1 3 ");
  }
  SUBCASE("all there are") {
    about(1, "alpha", "m");
    erase();
    CHECK(numbers(aut.since(alpha, 0)) == "!");
    CHECK(aut.events() == 0);
    CHECK(aut.bytes() == 0);
    add(aut, 2, "alpha");
    CHECK(numbers(aut.since(alpha, 1)) == "2 ");
  }
  SUBCASE("among progress") {
    add_progress(aut, 1, "alpha");
    about(2, "alpha", "m");
    add_progress(aut, 3, "alpha");
    erase();
    CHECK(numbers(aut.since(alpha, 0)) == "!1 3 ");
  }
}

TEST_CASE("after events are forgotten, the rest are forgotten in their order") {
  event_streams aut{{4, enough}};
  for (std::uint64_t i = 1; i <= 4; ++i)
    add(aut, *make_event(i, i == 3 ? "beta" : "alpha",
                         responded(i == 2 ? "m" : "other", "x")));
  aut.forget(agent_id{"alpha"}, message_id{"m"});
  CHECK(numbers(aut.since(everything, 0)) == "!1 3 4 ");
  for (std::uint64_t i = 5; i <= 9; ++i)
    add(aut, i, "alpha");
  CHECK(numbers(aut.since(alpha, 0)) == "!6 7 8 9 ");
  CHECK(numbers(aut.since(beta, 0)) == "3 ");
}

TEST_CASE("all events of an agent can be forgotten") {
  event_streams aut{{10, enough}};
  add_connection(aut, 1, "alpha");
  add(aut, 2, "beta");
  add_progress(aut, 3, "alpha");
  add(aut, 4, "alpha");
  aut.forget(agent_id{"alpha"});
  CHECK(numbers(aut.since(alpha, 0)) == "!");
  CHECK(numbers(aut.since(everything, 0)) == "!2 ");
  CHECK(numbers(aut.since(stream_name{session_id{"of-alpha"}}, 0)) == "!");
  CHECK(aut.events() == 1);
  aut.forget(agent_id{"gamma"});
  CHECK(aut.events() == 1);
}
