#include "app/client/agent_table.hpp"
#include "app/client/cost_table.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

TEST_CASE("costs are shown with their limits and when they are reset") {
  auto now = *parse_iso8601("2026-01-31T12:00:00.000000+00:00");
  CHECK(
      cost_table(R"({"session_cost_usd":5.25,"session_limit_usd":5,)"
                 R"("session_remaining_usd":0,"daily_cost_usd":5.25,)"
                 R"("daily_limit_usd":0,"daily_remaining_usd":null,)"
                 R"("session_starts_again":"2026-02-01T11:00:00.000000+00:00",)"
                 R"("daily_starts_again":"2026-02-01T00:00:00.000000+00:00",)"
                 R"("reserved_usd":0.03})",
                 now)
      == "         SPENT  LIMIT  REMAINING  RESETS\n"
         "session  $5.25  $5.00  $0.00      in 23h 0m\n"
         "day      $5.25  none   -          in 12h 0m\n"
         "\n"
         "$0.03 is reserved for unfinished dispatches.\n");
}

TEST_CASE("a session without a window is reset by hand only") {
  auto table = cost_table(R"({"session_starts_again":null})", {});
  CHECK(table.find("session  $0.00  none   -          with --reset-session\n")
        != std::string::npos);
  CHECK(table.find("reserved") == std::string::npos);
}

TEST_CASE("costs that are no object show nothing") {
  CHECK(cost_table("", {}).empty());
  CHECK(cost_table("[]", {}).empty());
}
