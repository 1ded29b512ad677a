#include "domain/decision_log.hpp"
#include "domain/reason_guide.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>

using namespace bridgekeeper;

namespace {

decision said(std::string text, timestamp at = timestamp{}) {
  return {.at = at, .text = std::move(text)};
}

} // namespace

TEST_CASE("every reason has a guide with a rule and advice") {
  REQUIRE(all_guides().size() == all_reasons().size());
  std::set<errc> seen;
  for (const auto& x : all_guides()) {
    CAPTURE(token(x.code));
    CHECK(seen.insert(x.code).second);
    CHECK(guide_to(x.code).code == x.code);
    CHECK(x.rule.ends_with('.'));
    CHECK(x.next.ends_with('.'));
  }
}

TEST_CASE("a repeated decision is counted, not remembered again") {
  decision_memory<std::string> memory{{}};
  auto first = timestamp{std::chrono::seconds{1}};
  auto second = timestamp{std::chrono::seconds{2}};
  memory.note("a", said("x", first));
  memory.note("a", said("x", second));
  auto known = memory.about("a");
  REQUIRE(known.size() == 1);
  CHECK(known[0].times == 2);
  CHECK(known[0].at == second);
}

TEST_CASE("the newest decisions about each subject are remembered") {
  decision_memory<std::string> memory{{.subjects = 10, .per_subject = 3}};
  for (auto i = 0; i < 5; ++i)
    memory.note("a", said(std::to_string(i)));
  auto known = memory.about("a");
  REQUIRE(known.size() == 3);
  CHECK(known.front().text == "2");
  CHECK(known.back().text == "4");
}

TEST_CASE("the subject that was noted first is forgotten first") {
  decision_memory<std::string> memory{{.subjects = 2, .per_subject = 3}};
  memory.note("a", said("1"));
  memory.note("b", said("1"));
  memory.note("a", said("2"));
  memory.note("c", said("1"));
  CHECK(memory.size() == 2);
  CHECK(memory.about("b").empty());
  CHECK(memory.about("a").size() == 2);
}

TEST_CASE("decisions use no more memory than allowed") {
  constexpr std::size_t limit = 20'000;
  decision_memory<std::string> memory{
      {.subjects = 1000, .per_subject = 1000, .bytes = limit}};
  for (auto i = 0; i < 1000; ++i) {
    memory.note(std::to_string(i % 7),
                said(std::string(500, 'x') + std::to_string(i)));
    REQUIRE(memory.bytes() <= limit);
  }
  CHECK(memory.size() > 0);
}

TEST_CASE("the value of a setting is the one when the decision was made") {
  decision_log log;
  agent_id agent{"alpha"};
  log.change_settings({{"heartbeat.timeout", "30s"}});
  log.note(make_decision({}, decision_topic::disconnected,
                         errc::heartbeat_timeout, "The agent was evicted."),
           {.agent = &agent});
  log.change_settings({{"heartbeat.timeout", "60s"}});
  auto known = log.about(agent);
  REQUIRE(known.size() == 1);
  CHECK(known[0].setting == "heartbeat.timeout");
  CHECK(known[0].value == "30s");
}

TEST_CASE("claims of peers without a token displace nothing") {
  decision_log log;
  agent_id agent{"alpha"};
  log.note(said("The agent connected."), {.agent = &agent});
  for (auto i = 0; i < 100'000; ++i) {
    agent_id claimed{i % 2 == 0 ? "alpha" : "x" + std::to_string(i)};
    log.note(make_decision({}, decision_topic::refused, errc::invalid_token,
                           "A bridge was refused, number " + std::to_string(i)),
             {.agent = &claimed, .is_claim = true});
  }
  auto known = log.about(agent);
  REQUIRE(known.size() >= 2);
  CHECK(known.size() <= 5);
  CHECK(std::any_of(known.begin(), known.end(), [](const auto& x) {
    return x.text == "The agent connected.";
  }));
}

TEST_CASE("ids that clients make up are not remembered") {
  decision_log log;
  auto refusal = make_decision({}, decision_topic::refused, errc::missing_scope,
                               "A request was refused.");
  agent_id agent{"alpha"};
  message_id id{"m-1"};
  decision_log::subject named{.agent = &agent,
                              .message = &id,
                              .agent_is_unproven = true,
                              .message_is_unproven = true};
  log.note(refusal, named);
  CHECK(log.about(agent).empty());
  CHECK(log.about(id).empty());
  auto found = log.about(errc::missing_scope);
  REQUIRE(found.size() == 1);
  CHECK(found[0].text == "Agent alpha: A request was refused.");
  SUBCASE("but what is known to exist has an entry") {
    log.note(said("The agent connected."), {.agent = &agent});
    log.note(said("The dispatch waits."), {.message = &id});
    log.note(refusal, named);
    CHECK(log.about(agent).size() == 2);
    CHECK(log.about(id).size() == 2);
  }
  SUBCASE("and a claim proves nothing") {
    log.note(said("A bridge was refused."),
             {.agent = &agent, .is_claim = true});
    log.note(refusal, named);
    CHECK(log.about(agent).size() == 1);
  }
}

TEST_CASE("long texts are cut") {
  decision_log log;
  message_id id{"m-1"};
  log.note(said(std::string(100'000, 'x')), {.message = &id});
  CHECK(log.about(id).at(0).text.size() < 1000);
}

TEST_CASE("what belongs to no agent and no dispatch is found by its reason") {
  decision_log log;
  log.note(make_decision({}, decision_topic::refused, errc::missing_token,
                         "A request was refused."),
           {});
  CHECK(log.about(errc::missing_token).size() == 1);
  CHECK(log.about(errc::invalid_token).empty());
}

TEST_CASE("what was decided about an erased dispatch is forgotten") {
  decision_log aut;
  agent_id alpha{"alpha"};
  message_id erased{"m-1"};
  message_id kept{"m-2"};
  for (const auto* id : {&erased, &kept})
    aut.note({.text = "The agent said: " + id->str(), .why = errc::task_failed},
             {.agent = &alpha, .message = id});
  message_id unlisted{"m-3"};
  aut.note({.text = "It has failed", .why = errc::timeout},
           {.message = &unlisted, .owner = &alpha});
  aut.note(said("It connected"), {.agent = &alpha});
  auto texts = [](const std::vector<decision>& list) {
    std::string out;
    for (const auto& x : list)
      out += x.text + '\n';
    return out;
  };
  SUBCASE("and nothing else") {
    aut.forget(alpha, erased);
    CHECK(aut.about(erased).empty());
    CHECK(texts(aut.about(kept)) == "The agent said: m-2\n");
    CHECK(texts(aut.about(alpha)) == "The agent said: m-2\nIt connected\n");
    CHECK(texts(aut.about(errc::task_failed))
          == "Agent alpha: The agent said: m-2\n");
  }
  SUBCASE("with everything of its agent") {
    aut.forget(alpha);
    CHECK(aut.about(alpha).empty());
    CHECK(aut.about(erased).empty());
    CHECK(aut.about(kept).empty());
    CHECK(aut.about(unlisted).empty());
    CHECK(aut.about(errc::task_failed).empty());
    CHECK(aut.about(errc::timeout).empty());
  }
}
