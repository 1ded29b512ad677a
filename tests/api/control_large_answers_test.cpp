#include "api/control_fixture.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

struct large_world : control_world {
  bridge link = enter("alpha");

  void work(const std::string& message, std::size_t length) {
    auto outcome = dispatch(make_task("alpha", message));
    link.socket->peer_sends(
        response_frame("alpha", message, std::string(length, 'x')));
    run();
  }
};

constexpr std::size_t mebibyte = 1024 * 1024;

} // namespace

TEST_CASE_FIXTURE(large_world, "a small answer goes out whole") {
  work("m-1", 10);
  http->parts = 77;
  ask_http("GET", "/control/dispatches/m-1");
  run();
  CHECK(last_answer().status == 200);
  CHECK(parsed(last_answer().body)["content"].get<std::string>().size() == 10);
  CHECK(http->parts == 77);
}

TEST_CASE_FIXTURE(large_world, "a large answer is made as it is sent") {
  std::string path;
  SUBCASE("a record") {
    work("m-1", mebibyte);
    path = "/control/dispatches/m-1";
  }
  SUBCASE("the events of a session") {
    for (auto i = 0; i < 100; ++i)
      work("m-" + std::to_string(i), 10'000);
    path = "/control/sessions/control/events/filter";
  }
  SUBCASE("the list of agents") {
    for (auto i = 0; i < 20; ++i) {
      auto other = connect();
      other.socket->peer_sends(
          register_frame("a-" + std::to_string(i),
                         {{"metadata", {{"x", std::string(20'000, 'y')}}}}));
    }
    run();
    path = "/control/agents";
  }
  ask_http("GET", path);
  run();
  CHECK(last_answer().status == 200);
  CHECK(last_answer().body.size() > 400'000);
  CHECK(parsed(last_answer().body).is_object());
  CHECK(http->parts > 10);
  CHECK(http->largest_part < 3 * part_size);
}

TEST_CASE_FIXTURE(large_world, "an answer under way does not keep events from "
                               "being forgotten") {
  for (auto i = 0; i < 100; ++i)
    work("m-" + std::to_string(i), 10'000);
  http->parts_wait = true;
  ask_http("GET", "/control/sessions/control/events/filter?event_type="
                  "agent_response");
  run();
  // The hub forgets its past with the world's longer one.
  for (auto i = 100; i < 1150; ++i)
    work("m-" + std::to_string(i), 10);
  http->reader_takes_parts();
  auto body = parsed(last_answer().body);
  CHECK(body["events"].size() < 100);
  CHECK(body["total"] == body["events"].size());
}

TEST_CASE_FIXTURE(large_world, "large answers under way have a budget") {
  context().answers->change_limits({mebibyte, mebibyte / 4});
  work("m-1", 2 * mebibyte);
  http->parts_wait = true;
  ask_http("GET", "/control/dispatches/m-1");
  run();
  REQUIRE(last_answer().status == 200);
  auto other = open();
  std::string detail;
  SUBCASE("of one token, and over it the answer is 429") {
    get_by(*other, "/control/dispatches/m-1");
    CHECK(other->answers.back().status == 429);
    detail = "Too many large responses for this token are under way";
  }
  SUBCASE("in all, and over it the answer is 503") {
    context().answers->change_limits({mebibyte, 100 * mebibyte});
    get_by(*other, "/control/dispatches/m-1");
    CHECK(other->answers.back().status == 503);
    detail = "Too many large responses are under way";
  }
  CHECK(parsed(other->answers.back().body)["detail"] == detail);
  CHECK(header_of(other->answers.back(), "retry-after") == "1");
  CHECK(header_of(other->answers.back(), "location")
        == "/control/dispatches/m-1");
  // Small ones are not in it.
  get_by(*other, "/control/context");
  CHECK(other->answers.back().status == 200);
  http->reader_takes_parts();
  CHECK(context().answers->total() == 0);
  get_by(*other, "/control/dispatches/m-1");
  CHECK(other->answers.back().status == 200);
}

TEST_CASE_FIXTURE(large_world, "a large answer's place is given back when its "
                               "reader leaves") {
  work("m-1", 2 * mebibyte);
  http->parts_wait = true;
  ask_http("GET", "/control/dispatches/m-1");
  run();
  CHECK(context().answers->total() > 2 * mebibyte);
  http->peer_leaves();
  aut = nullptr;
  run();
  CHECK(context().answers->total() == 0);
}
