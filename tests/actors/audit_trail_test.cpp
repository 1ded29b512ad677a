#include "actors/audit_fixture.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

TEST_CASE_FIXTURE(audit_world, "what is handed in is written, in order, as one "
                               "chain") {
  for (auto i = 0; i < 3; ++i) {
    admission_refusal refusal;
    refusal.rates.agent.limit = i;
    tell(context(),
         fact::rate_limit_reached{alpha, order->task, client, refusal, {}});
  }
  run();
  REQUIRE(lines().size() == 3);
  for (auto i = 0; i < 3; ++i)
    CHECK(lines()[static_cast<std::size_t>(i)]["metadata"]["agent_limit"] == i);
  CHECK(verdict(files.verify()) == "whole");
  CHECK(backlog->waiting == 0);
}

TEST_CASE_FIXTURE(audit_world, "no more entries wait than may, and the log "
                               "says how many were dropped") {
  for (std::size_t i = 0; i < most_waiting + 7; ++i)
    tell(context(), fact::token_accepted{fact::gate::http, client});
  CHECK(backlog->waiting == most_waiting);
  run();
  CHECK(lines().size() == most_waiting + 1);
  auto gap = last("audit_gap");
  CHECK(gap["metadata"]["missing"] == 7);
  CHECK(gap["metadata"]["reason"] == "overflow");
  CHECK(gap["result"] == "failure");

  tell(context(), fact::token_accepted{fact::gate::http, client});
  run();
  CHECK(lines().size() == most_waiting + 2);
  CHECK(verdict(files.verify()) == "whole");
}

TEST_CASE_FIXTURE(audit_world, "what was handed in before the end is written "
                               "before the end") {
  for (auto i = 0; i < 50; ++i)
    tell(context(), fact::token_accepted{fact::gate::http, client});
  stop_trail();
  CHECK(lines().size() == 50);
  CHECK(count("audit-trail") == 0);
}

TEST_CASE_FIXTURE(audit_world, "entries that were dropped last are told of at "
                               "the end") {
  backlog->dropped = 3;
  stop_trail();
  CHECK(events() == "audit_gap");
}

TEST_CASE_FIXTURE(audit_world, "entries that died with a trail, or came while "
                               "there was none, are told of by the next") {
  auto note = [this] {
    tell(context(), fact::token_accepted{fact::gate::http, client});
  };
  note();
  run();
  CHECK_FALSE(context().audit.is_losing());
  kill_trail();
  for (auto i = 0; i < 3; ++i)
    note();
  run();
  CHECK(count("audit-trail") == 0);
  backlog->lead_to({});
  CHECK(context().audit.is_losing());
  note();
  CHECK(backlog->waiting == 0);
  start_trail();
  CHECK_FALSE(context().audit.is_losing());
  note();
  run();
  CHECK(events() == "auth_success audit_gap auth_success");
  auto gap = last("audit_gap");
  CHECK(gap["metadata"]["missing"] == 4);
  CHECK(gap["metadata"]["reason"] == "unavailable");
  CHECK(verdict(files.verify()) == "whole");
}

TEST_CASE_FIXTURE(audit_world, "an audit log that cannot be written is told of "
                               "by the readiness, and so is that it is "
                               "written again") {
  CHECK(get("/readyz").body == R"({"status":"ok"})");
  std::filesystem::rename(files.path, files.path + ".moved");
  std::filesystem::create_directory(files.path);
  CHECK(get("/control/agents/nobody").status == 404);
  CHECK(post("/control/sessions", "").status == 200);
  CHECK(get("/readyz").body == R"({"status":"ok","audit":"lost"})");
  std::filesystem::remove(files.path);
  CHECK(post("/control/sessions", "").status == 200);
  CHECK(get("/readyz").body == R"({"status":"ok"})");
  CHECK(last("audit_gap")["metadata"]["reason"] == "write_failed");
}

TEST_CASE_FIXTURE(control_world, "a daemon without an audit log audits "
                                 "nothing") {
  CHECK(get("/control/agents").status == 200);
  tell(context(),
       fact::token_accepted{fact::gate::http, origin{"192.0.2.1", {}}});
  run();
  CHECK(count("audit-trail") == 0);
}
