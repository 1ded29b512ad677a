#include "app/client/fleet_request.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

fleet_answer explained(const net::http_reply& reply,
                       std::optional<std::string> agent = "shop-1",
                       agent_duty duty = agent_duty::cordoned) {
  return explain_duty({reply.status, reply.text, explain_loss(reply, "h:1")},
                      "h:1", agent, duty);
}

} // namespace

TEST_CASE("the path of a duty names the agent, or none for all") {
  CHECK(duty_path("shop-1", agent_duty::cordoned)
        == "/control/agents/shop-1/cordon");
  CHECK(duty_path("a/b", agent_duty::draining)
        == "/control/agents/a%2Fb/drain");
  CHECK(duty_path({}, agent_duty::working) == "/control/agents/uncordon");
}

TEST_CASE("what became of an agent is said in a sentence") {
  CHECK(explained({200, R"({"agent":{}})"}).sentence
        == "Agent shop-1 is cordoned.");
  CHECK(explained({200, R"({"status":"draining","agents":3})"}, {},
                  agent_duty::draining)
            .sentence
        == "All agents are draining (3 changed).");
  CHECK(explained({200, R"({"status":"uncordoned","agents":1})"}, {},
                  agent_duty::working)
            .sentence
        == "All agents are uncordoned (1 changed).");
}

TEST_CASE("an agent that is unknown and a daemon that is too old are told "
          "apart") {
  auto unknown = explained({404, R"({"detail":"Agent not found"})"});
  CHECK(unknown.code == exit_code::failure);
  CHECK(unknown.sentence
        == "No agent is called shop-1. List the agents with: bridgekeeper "
           "agents");
  auto old = explained({404, R"({"detail":"Not Found"})"});
  CHECK(old.code == exit_code::failure);
  CHECK(old.sentence.find("POST /control/agents/shop-1/cordon")
        != std::string::npos);
}

TEST_CASE("who may not cordon agents is told so") {
  auto x = explained({403, R"({"detail":"needs the scope admin"})"});
  CHECK(x.code == exit_code::unauthenticated);
  CHECK(x.sentence.find("needs the scope admin") != std::string::npos);
}

TEST_CASE("a link is known by the time of its connection") {
  auto all = links_of(
      R"({"agents":[{"agent_id":"a","status":"connected","connected_at":"t1"},)"
      R"({"agent_id":"b","status":"disconnected","connected_at":null}]})");
  CHECK(all == fleet_links{{"a", "t1"}});
  CHECK(links_of(R"({"agent":{"agent_id":"a","status":"connected",)"
                 R"("connected_at":"t2"}})")
        == fleet_links{{"a", "t2"}});
  CHECK(links_of("<html>").empty());
}
