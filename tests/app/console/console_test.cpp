#include "app/console/console_fixture.hpp"
#include "support/has.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::test;
using namespace std::literals;

namespace {

using entry_list = std::shared_ptr<std::vector<audit_entry_ptr>>;

/// An audit trail that keeps its entries.
audit_trail_actor::behavior_type fake_trail(const entry_list& entries) {
  return {
      [entries](note_atom, const audit_entry_ptr& x) { entries->push_back(x); },
      [](stop_atom) {},
  };
}

} // namespace

TEST_CASE_FIXTURE(operator_world, "only who has the token gets a console "
                                  "session") {
  CHECK(attach("guess").outcome() == "invalid_token");
  CHECK(attach("").outcome() == "missing_token");
  CHECK(count("console-session") == 1);
  auto attached = attach(test_token);
  CHECK(attached.outcome() == "ok");
  CHECK(count("console-session") == 2);
}

TEST_CASE_FIXTURE(operator_world, "the console wants the scope admin") {
  token_grant boss;
  boss.label = "boss";
  boss.digest = digest_of("secret-boss");
  boss.scopes.add(token_scope::admin);
  auto panel = boss;
  panel.label = "panel";
  panel.digest = digest_of("secret-panel");
  panel.scopes = {};
  panel.scopes.add(token_scope::control);
  context().tokens = std::make_shared<const token_table>(
      std::vector<std::string>{}, std::vector{boss, panel});
  CHECK(attach("secret-panel").outcome() == "missing_scope");
  CHECK(attach("secret-boss").outcome() == "ok");
}

TEST_CASE_FIXTURE(operator_world, "after five wrong tokens the console "
                                  "looks at one a second, right or wrong") {
  for (int i = 0; i < 5; ++i)
    CHECK(attach("guess-" + std::to_string(i)).outcome() == "invalid_token");
  auto slow = ask<std::string>(door(), handshake_atom_v, std::string{"guess"});
  auto right = ask<std::string>(door(), handshake_atom_v, test_token);
  pass(999ms, 111ms);
  CHECK(slow->times == 0);
  // Nobody else can say that it is time.
  caf::anon_send(caf::actor_cast<caf::actor>(door()), due_atom_v,
                 std::uint64_t{1});
  run();
  CHECK(slow->times == 0);
  CHECK(right->times == 0);
  pass(1ms);
  CHECK(slow->outcome() == "invalid_token");
  pass(1s, 100ms);
  CHECK(right->outcome() == "ok");
}

TEST_CASE_FIXTURE(operator_world, "a console session ends with its terminal") {
  aut = nullptr;
  caf::anon_send_exit(terminal, caf::exit_reason::user_shutdown);
  run();
  CHECK(count("console-session") == 0);
}

TEST_CASE_FIXTURE(operator_world, "console sessions and their tails end with "
                                  "the console, so that the daemon can") {
  REQUIRE(attach(test_token).value);
  auto live = begin("events");
  REQUIRE(count("console-session") == 2);
  REQUIRE(count("console-tail") == 1);
  caf::anon_send(supervisor, stop_atom_v);
  run();
  CHECK(count("console") == 0);
  CHECK(count("console-session") == 0);
  CHECK(count("console-tail") == 0);
  // An answer would look like the end of the command.
  CHECK_FALSE(live->value);
}

TEST_CASE_FIXTURE(operator_world, "a console that dies is replaced") {
  kill_and_recover("console");
  CHECK(count("console") == 1);
  CHECK(count("console-session") == 0);
  auto attached = attach(test_token);
  REQUIRE(attached.outcome() == "ok");
  aut = attached.value.value();
  CHECK(has(command("actors"), "console-session"));
  CHECK(times_given_up == 0);
}

TEST_CASE_FIXTURE(operator_world, "the operator sees agents and what they are "
                                  "at") {
  auto a = enter("alpha");
  auto b = enter("beta");
  b.socket->end();
  auto outcome = dispatch(make_task("alpha", "m-1", 60s));
  pass(10s);
  auto agents = command("agents");
  CHECK(has(agents, "alpha  connected     1"));
  CHECK(has(agents, "beta   disconnected  2"));
  auto report = command("agent alpha");
  CHECK(has(report, "incarnation      1\n"));
  CHECK(has(report, "silent for       10.0 s of 75.0 s allowed\n"));
  CHECK(has(report, "m-1  age 10.0 s  remaining 50.0 s\n"));
  CHECK(has(command("pending"), "alpha  m-1      10.0 s  50.0 s\n"));
  CHECK(has(command("stats"), "dispatches               1\n"));
}

TEST_CASE_FIXTURE(operator_world, "where nothing is pending, that is said") {
  CHECK(command("pending") == "nothing is pending\n");
  auto link = enter("alpha");
  CHECK(command("pending") == "nothing is pending\n");
}

TEST_CASE_FIXTURE(operator_world, "the operator sees actors and threads") {
  auto link = enter("alpha");
  auto actors = command("actors");
  for (auto name : {"supervisor", "registry", "event-hub", "heartbeat-monitor",
                    "agent", "console", "console-session"})
    CHECK(has(actors, name));
  CHECK(has(actors, "io-0"));
  CHECK(has(actors, "pool"));
  CHECK(has(command("threads"), "io-0    17           4711   1.5 s\n"));
}

TEST_CASE_FIXTURE(operator_world, "the operator can send an agent away") {
  auto link = enter("alpha");
  CHECK(command("evict alpha") == "alpha is being evicted\n");
  CHECK(link.socket->closed.value().code == 4003);
  CHECK(complaint("evict alpha").code == errc::agent_not_connected);
  CHECK(complaint("evict nobody").code == errc::unknown_agent);
  CHECK(complaint("agent nobody").code == errc::unknown_agent);
}

TEST_CASE_FIXTURE(operator_world, "the operator can cordon, drain and uncordon "
                                  "an agent or all") {
  auto link = enter("alpha");
  CHECK(command("cordon alpha") == "alpha is cordoned\n");
  CHECK(command("cordon alpha") == "alpha is already cordoned\n");
  CHECK(has(command("agents"), "alpha  connected, cordoned  1"));
  CHECK(command("uncordon all") == "all agents are uncordoned (1 changed)\n");
  auto outcome = dispatch(make_task("alpha", "m-1", 60s));
  CHECK(command("drain alpha") == "alpha is draining\n");
  CHECK_FALSE(link.socket->closed);
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(link.socket->closed.value().code == 1001);
  CHECK(command("drain alpha") == "alpha is already drained\n");
  CHECK(command("drain all") == "all agents are draining (0 changed)\n");
  CHECK(complaint("cordon nobody").code == errc::unknown_agent);
  CHECK(complaint("cordon").detail == "usage: cordon ID|all");
}

TEST_CASE_FIXTURE(operator_world, "a drill kills a core actor, and the console "
                                  "finds its successor") {
  auto link = enter("alpha");
  for (auto name : {"registry", "event-hub", "heartbeat-monitor"}) {
    CHECK(has(command("kill-actor " + std::string{name}), "was killed"));
    CHECK(has(command("agents"), "alpha  connected"));
  }
  CHECK(has(complaint("kill-actor agent").detail, "no core actor is called"));
}

TEST_CASE_FIXTURE(operator_world, "what is no command fails as misuse, and "
                                  "says what to do") {
  CHECK(command("") == "");
  CHECK(command("   ") == "");
  auto unknown = complaint("dance");
  CHECK(unknown.code == errc::invalid_message);
  CHECK(unknown.detail == "unknown command \"dance\"; type help");
  CHECK(complaint("agent").detail == "usage: agent ID");
  CHECK(complaint("stats now").detail == "usage: stats");
  CHECK(complaint("agent a b").code == errc::invalid_message);
  CHECK(has(command("  help  "), "kill-actor NAME"));
}

TEST_CASE_FIXTURE(operator_world, "the log level can be changed to one that "
                                  "exists") {
  CHECK(command("log debug") == "logging debug from now on\n");
  CHECK(log_level == "debug");
  CHECK(complaint("log loud").detail
        == "unknown log level \"loud\"; type help");
}

TEST_CASE_FIXTURE(operator_world, "audit entries of the console name the token "
                                  "of the operator") {
  auto entries = std::make_shared<std::vector<audit_entry_ptr>>();
  auto trail = sys.spawn(fake_trail, entries);
  audited->lead_to(trail);
  auto link = enter("alpha");
  REQUIRE(present->add(sys.node(), "boss"));
  command("cordon alpha");
  present->remove(sys.node());
  command("uncordon alpha");
  REQUIRE(entries->size() == 2);
  CHECK(entries->at(0)->event == "agent_duty_changed");
  CHECK(entries->at(0)->token == "boss");
  CHECK(entries->at(1)->token.empty());
  audited->lead_to(audit_trail_actor{});
  caf::anon_send_exit(trail, caf::exit_reason::user_shutdown);
}

TEST_CASE_FIXTURE(operator_world, "the gate learns the label of the token") {
  token_grant boss;
  boss.label = "boss";
  boss.digest = digest_of("secret-boss");
  boss.scopes.add(token_scope::admin);
  context().tokens = std::make_shared<const token_table>(
      std::vector<std::string>{}, std::vector{boss});
  CHECK(answer<std::string>(door(), handshake_atom_v, "secret-boss"s).value
        == "boss");
}

TEST_CASE_FIXTURE(operator_world, "the operator sees mailboxes, slow handlers "
                                  "and the heap") {
  auto link = enter("alpha");
  auto mailboxes = command("mailboxes");
  for (auto name : {"supervisor", "registry", "dispatcher", "event-hub",
                    "heartbeat-monitor", "console"})
    CHECK(has(mailboxes, name));
  CHECK_FALSE(command("slow").empty());
  CHECK(has(command("heap"), "letters"));
}
