#include "domain/event_history.hpp"
#include "domain/events.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

constexpr std::size_t budget = 100'000;

struct history_world {
  event_history aut{{{1000, budget}, 1000}};
  std::uint64_t sequence = 0;
  /// The largest number of bytes that events and records used together so far.
  std::size_t peak = 0;

  void note(event::body_type body, const std::string& agent = "alpha") {
    aut.add(std::make_shared<event_streams::entry>(
        *make_event(++sequence, agent, std::move(body))));
    peak = std::max(peak, used());
  }

  void finish(const std::string& id, std::size_t bytes,
              const std::string& agent = "alpha") {
    note(dispatched(id), agent);
    note(responded(id, std::string(bytes, 'x')), agent);
  }

  [[nodiscard]] std::size_t used() const {
    return aut.streams().bytes() + aut.records().finished_bytes();
  }

  [[nodiscard]] bool has_record(const std::string& id) const {
    return aut.records().find(message_id{id}) != nullptr;
  }
};

} // namespace

TEST_CASE_FIXTURE(history_world, "events and records fit into one budget") {
  for (auto i = 0; i < 200; ++i)
    finish("m" + std::to_string(i), 1000U + static_cast<std::size_t>(i % 7));
  CHECK(peak <= budget);
  CHECK(used() > budget * 9 / 10);
}

TEST_CASE_FIXTURE(history_world, "records use no more than half the budget") {
  for (auto i = 0; i < 200; ++i)
    finish("m" + std::to_string(i), 1000);
  CHECK(aut.records().finished_bytes() <= budget / 2);
  CHECK(aut.streams().bytes() > budget * 4 / 10);
  CHECK(has_record("m199"));
}

TEST_CASE_FIXTURE(history_world, "events use what the records leave") {
  for (auto i = 0; i < 200; ++i) {
    agent_connected body;
    body.capabilities.emplace_back(1000, 'x');
    note(std::move(body));
  }
  CHECK(peak <= budget);
  CHECK(aut.streams().bytes() > budget * 9 / 10);
}

TEST_CASE_FIXTURE(history_world,
                  "a result larger than the budget displaces no other record") {
  finish("b1", 1000, "beta");
  finish("a1", 2 * budget);
  CHECK(has_record("a1"));
  CHECK(has_record("b1"));
  CHECK_FALSE(
      aut.streams().since(stream_name{agent_id{"beta"}}, 0).events.empty());
}

namespace {

std::string numbers_of(const past_events& x) {
  std::string out = x.gap ? "gap " : "";
  for (const auto& event : x.events)
    out += std::to_string(event->sequence) + ' ';
  return out + (x.more ? "more" : x.ended ? "end" : "");
}

constexpr auto no_limit = std::size_t{1} << 30U;

} // namespace

TEST_CASE_FIXTURE(history_world, "a dispatch has the events about it") {
  note(dispatched("one"));
  note(dispatched("other"));
  note(progressed("one", "x"));
  note(dispatched("elsewhere"), "beta");
  stream_name one{message_id{"one"}};
  CHECK(numbers_of(aut.since(one, 0, no_limit)) == "1 3 ");
  CHECK(numbers_of(aut.since(one, 1, no_limit)) == "3 ");
  CHECK(numbers_of(aut.since(one, 0, 1)) == "1 more");
  note(responded("one", "done"));
  note(progressed("other", "x"));
  CHECK(numbers_of(aut.since(one, 0, no_limit)) == "1 3 5 end");
  CHECK(numbers_of(aut.since(one, 5, no_limit)) == "end");
}

TEST_CASE("a dispatch has a gap only where its own events may be missing") {
  history_world x;
  event_history aut{{{2, budget}, 1}};
  auto note = [&](event::body_type body) {
    aut.add(std::make_shared<event_streams::entry>(
        *make_event(++x.sequence, "alpha", std::move(body))));
  };
  for (auto i = 0; i < 5; ++i)
    note(progressed("before", "x"));
  note(dispatched("one"));
  stream_name one{message_id{"one"}};
  CHECK(numbers_of(aut.since(one, 0, no_limit)) == "6 ");
  for (auto i = 0; i < 3; ++i)
    note(progressed("one", "x"));
  CHECK(numbers_of(aut.since(one, 0, no_limit)) == "gap 6 8 9 ");
  CHECK(numbers_of(aut.since(one, 8, no_limit)) == "9 ");
}

TEST_CASE("a dispatch whose record is forgotten counts as ended") {
  history_world x;
  CHECK(numbers_of(x.aut.since(stream_name{message_id{"none"}}, 0, no_limit))
        == "end");
  x.note(progressed("none", "x"));
  CHECK(numbers_of(x.aut.since(stream_name{message_id{"none"}}, 0, no_limit))
        == "1 end");
}
