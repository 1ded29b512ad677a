#include "app/bridge/waiting_tasks.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::app;
using namespace std::chrono_literals;

namespace {

using time_point = waiting_tasks::time_point;

waiting_task make_task(const std::string& id,
                       std::optional<time_point> deadline = {}) {
  dispatch what;
  what.message = message_id{id};
  return {std::move(what), deadline};
}

std::string ids_of(const std::vector<waiting_task>& tasks) {
  std::string out;
  for (const auto& x : tasks)
    out += x.what.message.str();
  return out;
}

} // namespace

TEST_CASE("waiting tasks are started in the order of their arrival") {
  waiting_tasks aut;
  aut.push(make_task("a"));
  aut.push(make_task("b"));
  CHECK(aut.size() == 2);
  CHECK(aut.pop().what.message.str() == "a");
  CHECK(aut.pop().what.message.str() == "b");
  CHECK(aut.empty());
}

TEST_CASE("a cancelled task leaves, and the others keep their order") {
  waiting_tasks aut;
  for (auto id : {"a", "b", "c"})
    aut.push(make_task(id));
  auto taken = aut.take(message_id{"b"});
  REQUIRE(taken.has_value());
  CHECK(taken->what.message.str() == "b");
  CHECK_FALSE(aut.take(message_id{"b"}).has_value());
  CHECK(ids_of(aut.take_all()) == "ac");
  CHECK(aut.empty());
}

TEST_CASE("a task is overdue from its deadline on") {
  waiting_tasks aut;
  time_point start{100s};
  aut.push(make_task("a", start + 3s));
  aut.push(make_task("b"));
  aut.push(make_task("c", start + 1s));
  aut.push(make_task("d", start + 2s));
  CHECK(ids_of(aut.take_overdue(start + 999ms)).empty());
  CHECK(ids_of(aut.take_overdue(start + 1s)) == "c");
  CHECK(ids_of(aut.take_overdue(start + 1h)) == "ad");
  // It has no deadline.
  CHECK(ids_of(aut.take_all()) == "b");
}

TEST_CASE("the next deadline is the earliest one") {
  waiting_tasks aut;
  CHECK_FALSE(aut.next_deadline().has_value());
  aut.push(make_task("a"));
  CHECK_FALSE(aut.next_deadline().has_value());
  aut.push(make_task("b", time_point{3s}));
  aut.push(make_task("c", time_point{2s}));
  CHECK(aut.next_deadline() == time_point{2s});
  std::ignore = aut.take(message_id{"c"});
  CHECK(aut.next_deadline() == time_point{3s});
}
