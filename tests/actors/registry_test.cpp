#include "actors/fixture.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

struct registry_world : started_world {
  registry_actor aut = context().core.registry;

  ~registry_world() {
    aut = nullptr;
  }

  std::string listed() {
    std::string out;
    auto list = answer<agent_list>(aut, list_atom_v).value.value();
    for (const auto& x : *list)
      out += x.agent.str() + (x.connected ? "+ " : "- ");
    return out;
  }

  std::string dispatch_to(const std::string& id) {
    return dispatch(make_task(id, "m-1"))->outcome();
  }
};

} // namespace

TEST_CASE_FIXTURE(registry_world, "agents are listed in the order they first "
                                  "registered") {
  CHECK(listed() == "");
  auto c = enter("c");
  auto a = enter("a");
  auto b = enter("b");
  CHECK(listed() == "c+ a+ b+ ");
  a.socket->end();
  CHECK(listed() == "c+ a- b+ ");
  auto again = enter("a");
  CHECK(listed() == "c+ a+ b+ ");
}

TEST_CASE_FIXTURE(registry_world, "an agent nobody has seen is unknown") {
  agent_id nobody{"nobody"};
  CHECK(answer<agent_view>(aut, find_atom_v, nobody).outcome()
        == "unknown_agent");
  CHECK(answer<agent_report>(aut, report_atom_v, nobody).outcome()
        == "unknown_agent");
  CHECK(answer<bool>(aut, evict_atom_v, nobody).outcome() == "unknown_agent");
  CHECK(dispatch_to("nobody") == "unknown_agent");
}

TEST_CASE_FIXTURE(registry_world, "an agent that is away is known, and not "
                                  "connected") {
  auto link = enter("alpha");
  link.socket->end();
  agent_id alpha{"alpha"};
  CHECK(view("alpha").announced != nullptr);
  CHECK(answer<agent_report>(aut, report_atom_v, alpha).outcome()
        == "agent_not_connected");
  CHECK(answer<bool>(aut, evict_atom_v, alpha).outcome()
        == "agent_not_connected");
  CHECK(dispatch_to("alpha") == "agent_not_connected");
}

TEST_CASE_FIXTURE(registry_world, "those who stand can be asked for") {
  auto a = enter("a");
  auto b = enter("b");
  auto standing = [this] {
    return answer<std::vector<agent_actor>>(aut, standing_atom_v).value.value();
  };
  CHECK(standing() == std::vector<agent_actor>{a.aut, b.aut});
  a.socket->end();
  run();
  CHECK(standing() == std::vector<agent_actor>{b.aut});
}

TEST_CASE_FIXTURE(registry_world, "the registry lets go of agents that are "
                                  "gone") {
  for (int i = 0; i < 50; ++i) {
    auto link = enter("alpha");
    link.socket->end();
    run();
  }
  CHECK(count("agent") == 0);
  CHECK(state_of<registry_state>(aut).ids.empty());
  CHECK(listed() == "alpha- ");
}

TEST_CASE_FIXTURE(registry_world, "an older incarnation that announces itself "
                                  "late is told to leave") {
  auto newer = enter("alpha");
  auto older = connect();
  older.socket->peer_sends(register_frame("beta"));
  run();
  // As if it had stood as alpha before: it announces an older number.
  auto who = std::make_shared<announcement>(*view("beta").announced);
  who->agent = agent_id{"alpha"};
  caf::anon_send(aut, announce_atom_v, announcement_ptr{who}, older.aut,
                 incarnation{0});
  run();
  CHECK(older.socket->closed.value().code == 4002);
  CHECK_FALSE(newer.socket->closed);
  CHECK(view("alpha").connected);
  CHECK(view("alpha").number == incarnation{1});
}

TEST_CASE_FIXTURE(registry_world, "a thousand agents come and go") {
  std::vector<bridge> links;
  for (int i = 0; i < 1000; ++i)
    links.push_back(enter("a-" + std::to_string(i)));
  CHECK(answer<agent_list>(aut, list_atom_v).value.value()->size() == 1000);
  for (auto& link : links)
    link.socket->end();
  links.clear();
  run();
  CHECK(count("agent") == 0);
}

TEST_CASE_FIXTURE(registry_world, "an agent that was away for 30 days is "
                                  "forgotten") {
  auto a = enter("a");
  a.socket->end();
  pass(24h * 30 - 1s, 24h);
  auto b = enter("b");
  CHECK(listed() == "a- b+ ");
  pass(1s);
  CHECK(listed() == "b+ ");
  CHECK(answer<agent_view>(aut, find_atom_v, agent_id{"a"}).outcome()
        == "unknown_agent");
}

TEST_CASE_FIXTURE(registry_world, "how long an agent is remembered can change "
                                  "while the daemon runs") {
  auto a = enter("a");
  a.socket->end();
  pass(10s);
  CHECK(listed() == "a- ");
  context().agent.known.forget_after = 10s;
  CHECK(listed() == "");
}

TEST_CASE_FIXTURE(registry_world, "an agent that is away can be forgotten, one "
                                  "that is connected cannot") {
  auto a = enter("a");
  auto forget = [this] {
    return answer<bool>(aut, forget_atom_v, agent_id{"a"}).outcome();
  };
  CHECK(forget() == "agent_still_connected");
  a.socket->end();
  run();
  CHECK(forget() == "ok");
  CHECK(forget() == "unknown_agent");
  CHECK(listed() == "");
  a = enter("a");
  CHECK(listed() == "a+ ");
}

TEST_CASE_FIXTURE(registry_world, "how long agents have been away outlives the "
                                  "registry") {
  auto a = enter("a");
  a.socket->end();
  pass(20s);
  aut = nullptr;
  kill_and_recover("registry");
  aut = context().core.registry;
  context().agent.known.forget_after = 30s;
  CHECK(listed() == "a- ");
  pass(10s);
  CHECK(listed() == "");
}
