#include "app/console/console_fixture.hpp"

#include <caf/send.hpp>
#include <caf/system_messages.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

const std::string first_id = "8824ff37-8412-49c5-87ca-cc07dfa3ef7b";
const std::string second_id = "8824ff37-1111-49c5-87ca-000000000001";

struct tracing_world : operator_world {
  /// The types of the events that were shown.
  [[nodiscard]] std::string shown() const {
    std::string out;
    for (const auto& line : screen->lines)
      out += parsed(line)["event_type"].get<std::string>() + " ";
    return out;
  }
};

} // namespace

TEST_CASE_FIXTURE(tracing_world, "trace follows a dispatch until it ends") {
  auto link = enter("alpha");
  auto task = dispatch(make_task("alpha", first_id, 60s));
  auto other = dispatch(make_task("alpha", second_id, 60s));
  auto outcome = begin("trace " + first_id);
  CHECK(outcome->pending());
  link.socket->peer_sends(response_frame("alpha", second_id, "other"));
  link.socket->peer_sends(response_frame("alpha", first_id, "done"));
  run();
  CHECK(shown() == "agent_response ");
  REQUIRE(outcome->times == 1);
  CHECK(outcome->value == "dispatch " + first_id + " has ended\n");
  CHECK(count("console-tail") == 0);
  CHECK(count("console-session") == 1);
}

TEST_CASE_FIXTURE(tracing_world, "trace waits until the terminal has shown the "
                                 "end") {
  auto link = enter("alpha");
  auto task = dispatch(make_task("alpha", first_id, 60s));
  auto outcome = begin("trace " + first_id);
  screen->stopped = true;
  link.socket->peer_sends(response_frame("alpha", first_id, "done"));
  run();
  CHECK(outcome->pending());
  screen->go_on();
  run();
  CHECK(outcome->times == 1);
}

TEST_CASE_FIXTURE(tracing_world, "trace takes the beginning or the end of an "
                                 "id") {
  auto link = enter("alpha");
  auto task = dispatch(make_task("alpha", first_id, 60s));
  auto other = dispatch(make_task("alpha", second_id, 60s));
  for (auto part : {"8824ff37-8", "ef7b"}) {
    CAPTURE(part);
    auto outcome = begin("trace " + std::string{part});
    CHECK(outcome->pending());
    CHECK(count("console-tail") == 1);
  }
  auto several = complaint("trace 8824");
  CHECK(several.code == errc::unknown_dispatch);
  CHECK(several.detail
        == "several ids match \"8824\": " + second_id + ", " + first_id
               + "; give more of the id");
  CHECK(complaint("trace nobody").code == errc::unknown_dispatch);
}

TEST_CASE_FIXTURE(tracing_world, "trace of an agent shows its events, and a "
                                 "part of its id is enough") {
  auto link = enter("alpha");
  auto outcome = begin("trace alp");
  auto beta = enter("beta");
  auto task = dispatch(make_task("alpha", first_id, 60s));
  link.socket->peer_sends(response_frame("alpha", first_id, "done"));
  run();
  CHECK(shown() == "task_dispatched agent_response ");
  CHECK(outcome->pending());
  caf::anon_send(aut, untail_atom_v);
  run();
  CHECK(outcome->value == "");
}

TEST_CASE_FIXTURE(tracing_world, "a dispatch that has ended is not traced") {
  auto link = enter("alpha");
  auto task = dispatch(make_task("alpha", first_id, 60s));
  link.socket->peer_sends(response_frame("alpha", first_id, "done"));
  run();
  CHECK(command("trace " + first_id)
        == "dispatch " + first_id + " has already ended: completed\n");
}

TEST_CASE_FIXTURE(tracing_world, "a dispatch that only the store knows has "
                                 "ended long ago") {
  stored = std::optional{message_id{second_id}};
  CHECK(command("trace 0001")
        == "dispatch " + second_id + " has already ended\n");
  stored = failure{errc::unavailable, "the store cannot be read"};
  CHECK(complaint("trace 0001").detail == "the store cannot be read");
}

TEST_CASE_FIXTURE(tracing_world, "a trace survives the event hub, and misses "
                                 "no end") {
  auto link = enter("alpha");
  auto task = dispatch(make_task("alpha", first_id, 60s));
  auto outcome = begin("trace " + first_id);
  kill_and_recover("event-hub");
  link.socket->peer_sends(response_frame("alpha", first_id, "done"));
  run();
  pass(1s, 10ms);
  CHECK(shown() == "agent_response ");
  CHECK(outcome->times == 1);
}

TEST_CASE_FIXTURE(tracing_world, "a tail that ended before it was replaced "
                                 "ends neither the session nor the next tail") {
  auto outcome = begin("events");
  caf::anon_send(caf::actor_cast<caf::actor>(aut),
                 caf::down_msg{door().address(), caf::error{}});
  run();
  CHECK(count("console-session") == 1);
  CHECK(outcome->pending());
}

TEST_CASE_FIXTURE(tracing_world, "another command for live events ends the "
                                 "ones before") {
  auto link = enter("alpha");
  auto all = begin("events");
  auto task = begin("trace alpha");
  CHECK(all->value == "");
  CHECK(task->pending());
  CHECK(count("console-tail") == 1);
  // Other commands do not.
  CHECK_FALSE(command("agents").empty());
  CHECK(task->pending());
}
