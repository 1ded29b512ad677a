#include "app/console/known_ids.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace bridgekeeper;
using namespace bridgekeeper::console;

namespace {

using words = std::vector<std::string>;

event_ptr about(const std::string& dispatch) {
  auto out = std::make_shared<event>();
  out->body = task_dispatched{message_id{dispatch}, {}};
  return out;
}

past_events past_of(const words& dispatches) {
  past_events out;
  for (const auto& x : dispatches)
    out.events.push_back(about(x));
  auto other = std::make_shared<event>();
  other->body = agent_connected{};
  out.events.push_back(other);
  return out;
}

} // namespace

TEST_CASE("agents are found by the beginning of their ids") {
  std::vector<agent_view> agents(3);
  agents[0].agent = agent_id{"shop-1"};
  agents[1].agent = agent_id{"builder"};
  agents[2].agent = agent_id{"shop-2"};
  CHECK(agents_from(agents, "sh") == words{"shop-1", "shop-2"});
  CHECK(agents_from(agents, "") == words{"shop-1", "builder", "shop-2"});
  CHECK(agents_from(agents, "op").empty());
}

TEST_CASE("dispatches are found once each, the newest first") {
  auto past = past_of({"aa11", "bb22", "aa33", "aa11"});
  CHECK(dispatches_from(past, "aa") == words{"aa11", "aa33"});
  CHECK(dispatches_from(past, "") == words{"aa11", "aa33", "bb22"});
  CHECK(dispatches_from(past, "33").empty());
}

TEST_CASE("a short id is the beginning or the end of a dispatch's id") {
  auto past = past_of({"12345678-abcd", "12349999-efgh"});
  CHECK(dispatches_like(past, "abcd") == words{"12345678-abcd"});
  CHECK(dispatches_like(past, "1234")
        == words{"12349999-efgh", "12345678-abcd"});
  // Too short for an end, which could be that of many.
  CHECK(dispatches_like(past, "bcd").empty());
}
