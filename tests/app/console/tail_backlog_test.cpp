#include "app/console/tail_backlog.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace bridgekeeper;
using console::tail_backlog;

namespace {

/// An event of the agent `name`: a response of this size.
event_ptr named(const std::string& name, std::size_t size = 0) {
  auto out = std::make_shared<event>();
  out->agent = agent_id{name};
  auto answer = std::make_shared<response>();
  answer->content.assign(size, 'x');
  out->body = agent_response{std::move(answer)};
  return out;
}

event_ptr progress_of(const std::string& name, std::size_t size) {
  auto out = std::make_shared<event>();
  out->agent = agent_id{name};
  auto report = std::make_shared<progress>();
  report->text.assign(size, 'x');
  out->body = agent_progress{std::move(report)};
  return out;
}

std::string take(tail_backlog& aut) {
  return aut.take([](const event& x) { return x.agent.str(); });
}

std::string gap(int count) {
  auto number = std::to_string(count);
  return R"({"event_type":"gap","message":")" + number
         + R"( events left out","left_out":)" + number + "}\n";
}

/// Room for four events of a terminal that shows, and for two of one that has
/// stopped.
console::tail_bounds small_bounds() {
  return {{4, 1'000'000, 1'000'000}, {2, 1'000'000, 1'000'000}, 1000};
}

} // namespace

TEST_CASE("events of a tail wait and are taken together, whole") {
  tail_backlog aut;
  CHECK(aut.empty());
  aut.add(named("one"));
  aut.add(named("two"));
  CHECK_FALSE(aut.empty());
  CHECK(take(aut) == "one\ntwo\n");
  CHECK(aut.empty());
}

TEST_CASE("a tail without room leaves events out until all that waits is "
          "taken, and says how many") {
  tail_backlog aut{small_bounds()};
  for (auto name : {"1", "2", "3", "4", "5", "6"})
    aut.add(named(name));
  CHECK(take(aut) == "1\n2\n3\n4\n" + gap(2));
  CHECK(aut.empty());
  aut.add(named("7"));
  CHECK(take(aut) == "7\n");
}

TEST_CASE("what waits for a terminal that has stopped is cut, newest first") {
  tail_backlog aut{small_bounds()};
  for (auto name : {"1", "2", "3", "4"})
    aut.add(named(name));
  aut.add(named("5"), true);
  CHECK(take(aut) == "1\n2\n" + gap(3));
}

TEST_CASE("the events of a tail are bounded in bytes, too") {
  tail_backlog aut{{{100, 10'000, 5000}, {100, 1000, 1000}, 1000}};
  for (auto name : {"1", "2", "3"})
    aut.add(named(name, 4000));
  CHECK(take(aut) == "1\n2\n" + gap(1));
}

TEST_CASE("progress has less room in a tail than results") {
  tail_backlog aut{{{100, 10'000, 6000}, {100, 1000, 1000}, 1000}};
  for (auto name : {"1", "2", "3"})
    aut.add(progress_of(name, 1900));
  CHECK(take(aut) == "1\n2\n" + gap(1));
}

TEST_CASE("one event always has room in a tail, however large it is") {
  tail_backlog aut{{{100, 10, 10}, {100, 10, 10}, 1000}};
  aut.add(named("large", 1'000'000), true);
  CHECK(take(aut) == "large\n");
}

TEST_CASE("a long backlog is taken piece by piece, and the gap with its end") {
  tail_backlog aut{{{3, 1'000'000, 0}, {3, 1'000'000, 0}, 4}};
  for (auto name : {"one", "two", "three", "four"})
    aut.add(named(name));
  CHECK(take(aut) == "one\n");
  CHECK(take(aut) == "two\n");
  CHECK(take(aut) == "three\n" + gap(1));
  CHECK(aut.empty());
}
