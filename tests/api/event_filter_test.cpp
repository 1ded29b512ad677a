#include "actors/frames.hpp"
#include "api/answer_parts.hpp"
#include "api/event_filter.hpp"
#include "domain/events.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::api;
using namespace bridgekeeper::test;

namespace {

/// The sequence numbers that are left of five events of two agents.
std::string left_by(const std::string& query) {
  std::vector<protocol::violation> wrong;
  auto aut = event_filter::parse("/x?" + query, wrong);
  REQUIRE(wrong.empty());
  std::vector events{make_event(1, "a", dispatched("m-1")),
                     make_event(2, "b", dispatched("m-2")),
                     make_event(3, "a", progressed("m-1", "running")),
                     make_event(4, "a", responded("m-1", "four")),
                     make_event(5, "b", responded("m-2", "five"))};
  auto body = parsed(whole(filtered_body(aut, events).parts));
  CHECK(body["total"] == body["events"].size());
  std::string out;
  for (const auto& x : body["events"])
    out += x["event_type"].get<std::string>().substr(0, 6) + ':'
           + x["metadata"]["agent_id"].get<std::string>() + ' ';
  return out;
}

/// What is said to be wrong with a query: `name type`.
std::string complaint(const std::string& query) {
  std::vector<protocol::violation> wrong;
  std::ignore = event_filter::parse("/x?" + query, wrong);
  REQUIRE(wrong.size() == 1);
  return wrong[0].location + ' ' + wrong[0].type + ' ' + wrong[0].input;
}

} // namespace

TEST_CASE("a filter without conditions leaves everything") {
  CHECK(left_by("") == "task_d:a task_d:b agent_:a agent_:a agent_:b ");
}

TEST_CASE("events are filtered by type and by agent") {
  CHECK(left_by("event_type=task_dispatched") == "task_d:a task_d:b ");
  CHECK(left_by("agent_id=b") == "task_d:b agent_:b ");
  CHECK(left_by("agent_id=b&event_type=agent_response") == "agent_:b ");
  CHECK(left_by("agent_id=nobody") == "");
}

TEST_CASE("a limit keeps the newest") {
  CHECK(left_by("limit=2") == "agent_:a agent_:b ");
  CHECK(left_by("limit=1&agent_id=a") == "agent_:a ");
  CHECK(left_by("limit=100") == left_by(""));
}

TEST_CASE("no event has a tick") {
  CHECK(left_by("tick_index=0") == "");
  CHECK(left_by("tick_min=0") == "");
  CHECK(left_by("tick_max=9") == "");
}

TEST_CASE("the filters that were applied are told, absent ones as null") {
  std::vector<protocol::violation> wrong;
  auto aut = event_filter::parse("/x?limit=3&agent_id=a", wrong);
  CHECK(parsed(whole(filtered_body(aut, {}).parts))["filters_applied"]
        == json{{"event_type", nullptr},
                {"tick_index", nullptr},
                {"tick_min", nullptr},
                {"tick_max", nullptr},
                {"agent_id", "a"},
                {"limit", 3}});
}

TEST_CASE("a number that is none is named") {
  CHECK(complaint("limit=x") == R"(["query","limit"] int_parsing "x")");
  CHECK(complaint("tick_min=1.5")
        == R"(["query","tick_min"] int_parsing "1.5")");
  for (std::string x : {"", "-", "+", "1e3", "1.", "1.05", ".0", "_1", "1_",
                        "1__0", "0x1", "1 0", "1.0.0"}) {
    CAPTURE(x);
    CHECK(complaint("limit=" + x).starts_with(R"(["query","limit"] int_)"));
  }
}

TEST_CASE("a limit is what the replaced server took: a slice's beginning") {
  auto all = left_by("");
  CHECK(left_by("limit=0") == all);
  CHECK(left_by("limit=-100") == "");
  CHECK(left_by("limit=-9223372036854775808") == "");
  // All but the oldest.
  auto newest = left_by("limit=-1");
  CHECK(newest.size() < all.size());
  CHECK(all.ends_with(newest));
}

TEST_CASE("an integer has all the spellings that the replaced server knew") {
  for (auto x : {"2", "+2", "02", "2.0", "2.000", "0_2", "%202%20", "%2B2"}) {
    CAPTURE(x);
    auto decoded = left_by(std::string{"limit="} + x);
    // A plus that is not encoded is a blank, which is dropped, too.
    CHECK(decoded == left_by("limit=2"));
  }
  CHECK(left_by("limit=99999999999999999999") == left_by(""));
  CHECK(left_by("limit=-99999999999999999999") == "");
}

TEST_CASE("an empty event type is none, as in the replaced server") {
  CHECK(left_by("event_type=") == left_by(""));
}
