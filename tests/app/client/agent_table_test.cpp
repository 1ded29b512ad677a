#include "app/client/agent_table.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;
using namespace std::chrono_literals;

TEST_CASE("a span of time is given in its two largest units") {
  CHECK(format_age(0s) == "0s");
  CHECK(format_age(59s) == "59s");
  CHECK(format_age(60s) == "1m 0s");
  CHECK(format_age(192s) == "3m 12s");
  CHECK(format_age(5h + 2min + 7s) == "5h 2m");
  CHECK(format_age(76h) == "3d 4h");
}

TEST_CASE("agents are shown in aligned columns") {
  auto now = *parse_iso8601("2026-01-31T12:03:12.000000+00:00");
  auto table = agent_table(
      R"([{"agent_id":"shop-1","status":"connected","workdir":"/srv/b)"
      "\xC3\xBC"
      R"(ro","capabilities":["rust","review"],)"
      R"("connected_at":"2026-01-31T12:00:00.000000+00:00",)"
      R"("last_heartbeat":"2026-01-31T12:03:10.500000+00:00"},)"
      R"({"agent_id":"b","status":"disconnected","workdir":null,)"
      R"("capabilities":[],"connected_at":null,"last_heartbeat":null}])",
      now);
  CHECK(table
        == "AGENT   STATUS        SINCE   LAST HEARTBEAT  TASK  WORKDIR    "
           "CAPABILITIES\n"
           "shop-1  connected     3m 12s  1s ago          -     "
           "/srv/b\xC3\xBCro  rust, review\n"
           "b       disconnected  -       -               -     -          "
           "-\n");
}

TEST_CASE("the table says what each agent is doing") {
  auto now = *parse_iso8601("2026-01-31T12:03:12.000000+00:00");
  auto list = R"([{"agent_id":"a","status":"connected"},)"
              R"({"agent_id":"b","status":"connected"},)"
              R"({"agent_id":"c","status":"disconnected"}])";
  CHECK(connected_agents(list) == std::vector<std::string>{"a", "b"});
  auto table = agent_table(
      list, now,
      {{"a", {"a", "running", "m-1", "2026-01-31T12:03:00.000000+00:00"}},
       {"b", {"b", "completed", "m-0", "2026-01-31T12:00:00.000000+00:00"}}});
  CHECK(table.find("running for 12s: m-1") != std::string::npos);
  CHECK(table.find("idle") != std::string::npos);
  CHECK(table.find("m-0") == std::string::npos);
}

TEST_CASE("slots and labels have a column only if there is something to show") {
  auto table = agent_table(
      R"([{"agent_id":"a","status":"connected","slots":4,"cordoned":true,)"
      R"("labels":{"gpu":"a100","site":"lab"}},)"
      R"({"agent_id":"b","status":"connected","slots":1,"cordoned":false,)"
      R"("labels":{}}])",
      {});
  CHECK(table
        == "AGENT  STATUS               SINCE  LAST HEARTBEAT  TASK  WORKDIR  "
           "CAPABILITIES  SLOTS  LABELS\n"
           "a      connected, cordoned  -      -               -     -        "
           "-             4      gpu=a100, site=lab\n"
           "b      connected            -      -               -     -        "
           "-             1      -\n");
}

TEST_CASE("an agent cannot write on the operator's terminal") {
  auto table = agent_table(
      R"([{"agent_id":"a","status":"x","workdir":"\u001b[2J\n\tz"}])", {});
  CHECK(table.find('\x1B') == std::string::npos);
  CHECK(table.find("[2J  z") != std::string::npos);
}

TEST_CASE("a clock that is ahead of ours is no negative age") {
  auto table =
      agent_table(R"([{"agent_id":"a",)"
                  R"("connected_at":"2026-01-31T12:00:00.000000+00:00"}])",
                  {});
  CHECK(table.find("0s") != std::string::npos);
}
