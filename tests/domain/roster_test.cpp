#include "domain/roster.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace std::chrono_literals;

namespace {

using numbered_roster = roster<int>;

const time_point start = time_point{} + 1h;

announcement_ptr named(const std::string& id) {
  announcement out;
  out.agent = agent_id{id};
  return std::make_shared<const announcement>(std::move(out));
}

incarnation nth(std::uint64_t x) {
  return incarnation{x};
}

std::string order_of(const numbered_roster& x) {
  std::string out;
  for (const auto& entry : x.entries())
    out += entry.view.agent.str() + (entry.standing ? "+" : "-");
  return out;
}

} // namespace

TEST_CASE("who registers stands, under its own id as its name") {
  numbered_roster aut;
  CHECK(aut.stand(named("alpha"), 1, nth(1)) == std::nullopt);
  auto found = aut.find(agent_id{"alpha"});
  REQUIRE(found != nullptr);
  CHECK(found->standing == 1);
  CHECK(found->view.connected);
  CHECK(found->view.name == "alpha");
  CHECK(found->view.endpoint_url.empty());
  CHECK(found->view.number == nth(1));
  CHECK(aut.find(agent_id{"beta"}) == nullptr);
}

TEST_CASE("a newer incarnation takes the older one's place") {
  numbered_roster aut;
  CHECK_FALSE(aut.stand(named("alpha"), 1, nth(1)));
  CHECK(aut.stand(named("alpha"), 2, nth(5)) == 1);
  CHECK(aut.find(agent_id{"alpha"})->standing == 2);
  CHECK(aut.entries().size() == 1);
}

// Contract section 6, number 2.
TEST_CASE("a superseded incarnation's leaving does not remove the newer one") {
  numbered_roster aut;
  CHECK_FALSE(aut.stand(named("alpha"), 1, nth(1)));
  CHECK(aut.stand(named("alpha"), 2, nth(2)));
  CHECK_FALSE(aut.leave(agent_id{"alpha"}, nth(1), start));
  CHECK(aut.find(agent_id{"alpha"})->standing == 2);
  CHECK(aut.find(agent_id{"alpha"})->view.connected);
}

TEST_CASE("an incarnation from the future cannot be removed either") {
  numbered_roster aut;
  CHECK_FALSE(aut.stand(named("alpha"), 1, nth(1)));
  CHECK_FALSE(aut.leave(agent_id{"alpha"}, nth(2), start));
  CHECK_FALSE(aut.leave(agent_id{"beta"}, nth(1), start));
  CHECK(aut.find(agent_id{"alpha"})->standing == 1);
}

TEST_CASE("the incarnation that stands leaves once and stays known") {
  numbered_roster aut;
  CHECK_FALSE(aut.stand(named("alpha"), 1, nth(1)));
  CHECK(aut.leave(agent_id{"alpha"}, nth(1), start));
  CHECK_FALSE(aut.leave(agent_id{"alpha"}, nth(1), start));
  auto found = aut.find(agent_id{"alpha"});
  REQUIRE(found != nullptr);
  CHECK_FALSE(found->standing);
  CHECK_FALSE(found->view.connected);
  CHECK(found->view.announced != nullptr);
}

TEST_CASE("an older incarnation that comes late is handed back") {
  numbered_roster aut;
  CHECK_FALSE(aut.stand(named("alpha"), 5, nth(5)));
  CHECK(aut.stand(named("alpha"), 3, nth(3)) == 3);
  CHECK(aut.find(agent_id{"alpha"})->standing == 5);
  SUBCASE("and also when the newer one has left") {
    CHECK(aut.leave(agent_id{"alpha"}, nth(5), start));
    CHECK(aut.stand(named("alpha"), 3, nth(3)) == 3);
    CHECK_FALSE(aut.find(agent_id{"alpha"})->standing);
  }
}

TEST_CASE("who announces itself again still stands") {
  numbered_roster aut;
  CHECK_FALSE(aut.stand(named("alpha"), 1, nth(4)));
  CHECK(aut.stand(named("alpha"), 1, nth(4)) == 1);
  CHECK(aut.find(agent_id{"alpha"})->standing == 1);
}

TEST_CASE("agents are listed in the order they first registered") {
  numbered_roster aut;
  CHECK_FALSE(aut.stand(named("c"), 1, nth(1)));
  CHECK_FALSE(aut.stand(named("a"), 2, nth(2)));
  CHECK_FALSE(aut.stand(named("b"), 3, nth(3)));
  CHECK(aut.leave(agent_id{"c"}, nth(1), start));
  CHECK_FALSE(aut.stand(named("c"), 4, nth(4)));
  CHECK(order_of(aut) == "c+a+b+");
}

TEST_CASE("when too many are known, the one that left first goes") {
  numbered_roster aut;
  CHECK_FALSE(aut.stand(named("a"), 1, nth(1)));
  CHECK_FALSE(aut.stand(named("b"), 2, nth(2)));
  CHECK_FALSE(aut.stand(named("c"), 3, nth(3)));
  CHECK(aut.leave(agent_id{"b"}, nth(2), start));
  CHECK(aut.leave(agent_id{"c"}, nth(3), start));
  CHECK_FALSE(aut.stand(named("d"), 4, nth(4)));
  aut.forget_surplus({.max_known = 3}, start);
  CHECK(order_of(aut) == "a+c-d+");
  CHECK(aut.find(agent_id{"b"}) == nullptr);
}

TEST_CASE("who stands is never forgotten, however many there are") {
  numbered_roster aut;
  for (int i = 0; i < 5; ++i)
    CHECK_FALSE(aut.stand(named(std::to_string(i)), i,
                          nth(static_cast<std::uint64_t>(i) + 1)));
  aut.forget_surplus({.max_known = 2, .max_bytes = 0, .forget_after = 1ms},
                     start + 1h);
  CHECK(order_of(aut) == "0+1+2+3+4+");
}

// -- who is away --------------------------------------------------------------

namespace {

/// What such an agent announces: so many bytes of metadata.
announcement_ptr large(const std::string& id, std::size_t bytes) {
  announcement out;
  out.agent = agent_id{id};
  out.metadata = json_object{std::string(bytes, 'x')};
  return std::make_shared<const announcement>(std::move(out));
}

/// The memory used by disconnected agents.
std::size_t away_bytes(const numbered_roster& aut) {
  std::size_t out = 0;
  for (const auto& x : aut.entries())
    if (!x.standing)
      out += sizeof x + footprint(x.view);
  return out;
}

/// It comes and leaves at once.
void visit(numbered_roster& aut, const announcement_ptr& who,
           time_point now = start) {
  auto known = aut.find(who->agent);
  auto number = nth(known != nullptr ? to_number(known->view.number) + 1 : 1);
  CHECK_FALSE(aut.stand(who, 1, number));
  CHECK(aut.leave(who->agent, number, now));
}

} // namespace

TEST_CASE("agents that are away are bounded in bytes, the one that left first "
          "goes") {
  numbered_roster aut;
  for (auto name : {"a", "b", "c"})
    visit(aut, large(name, 100'000));
  aut.forget_surplus({.max_bytes = 310'000}, start);
  CHECK(order_of(aut) == "a-b-c-");
  // It left last now.
  visit(aut, large("a", 100'000), start + 1s);
  visit(aut, large("d", 100'000), start + 2s);
  aut.forget_surplus({.max_bytes = 310'000}, start + 2s);
  CHECK(order_of(aut) == "a-c-d-");
  CHECK(away_bytes(aut) <= 310'000);
}

TEST_CASE("100 000 agents with metadata of 256 KiB do not fit into memory") {
  numbered_roster aut;
  const roster_limits limits;
  for (auto i = 0; i < 2000; ++i) {
    visit(aut, large(std::to_string(i), 256 * 1024));
    aut.forget_surplus(limits, start);
    REQUIRE(away_bytes(aut) <= limits.max_bytes);
  }
  CHECK(aut.entries().size() > 200);
  CHECK(aut.entries().size() <= 256);
}

TEST_CASE("bytes are counted back to nothing") {
  numbered_roster aut;
  visit(aut, large("a", 1000));
  CHECK(aut.enlist(agent_id{"b"}, "B", "http://b", start).name == "B");
  aut.enlist(agent_id{"b"}, "Bee", "http://bee", start);
  CHECK_FALSE(aut.stand(named("a"), 1, nth(9)));
  CHECK(aut.forget(agent_id{"b"}));
  // There is room for exactly one more.
  visit(aut, named("c"));
  aut.forget_surplus({.max_bytes = away_bytes(aut)}, start);
  CHECK(order_of(aut) == "a+c-");
}

TEST_CASE("who has been away for too long is forgotten") {
  numbered_roster aut;
  visit(aut, named("a"));
  visit(aut, named("b"), start + 1h);
  aut.enlist(agent_id{"c"}, "C", "http://c", start + 2h);
  CHECK_FALSE(aut.stand(named("d"), 1, nth(1)));
  auto forget_after = [&](std::chrono::milliseconds age, time_point now) {
    aut.forget_surplus({.forget_after = age}, now);
    return order_of(aut);
  };
  CHECK(forget_after(0ms, start + 1000h) == "a-b-c-d+");
  CHECK(forget_after(24h, start + 24h - 1ms) == "a-b-c-d+");
  CHECK(forget_after(24h, start + 24h) == "b-c-d+");
  CHECK(forget_after(24h, start + 26h) == "d+");
  CHECK(forget_after(24h, start + 1000h) == "d+");
}

TEST_CASE("a new registry knows how long agents have been away") {
  numbered_roster before;
  visit(before, named("b"), start + 5h);
  visit(before, named("a"), start);
  CHECK_FALSE(before.stand(named("c"), 1, nth(1)));
  numbered_roster aut;
  for (const auto& x : before.entries())
    aut.remember(x.view, start + 10h);
  CHECK(order_of(aut) == "b-a-c-");
  aut.forget_surplus({.forget_after = 10h}, start + 10h);
  CHECK(order_of(aut) == "b-c-");
  aut.forget_surplus({.forget_after = 10h}, start + 15h);
  CHECK(order_of(aut) == "c-");
}

TEST_CASE("a cordon stays with an agent that leaves, comes back or is new to "
          "a registry") {
  numbered_roster aut;
  CHECK_FALSE(aut.cordon(agent_id{"alpha"}, true));
  CHECK_FALSE(aut.stand(named("alpha"), 1, nth(1)));
  CHECK(aut.cordon(agent_id{"alpha"}, true));
  CHECK_FALSE(aut.cordon(agent_id{"alpha"}, true));
  CHECK(aut.leave(agent_id{"alpha"}, nth(1), start));
  CHECK_FALSE(aut.stand(named("alpha"), 2, nth(2)));
  CHECK(aut.find(agent_id{"alpha"})->view.is_cordoned);
  numbered_roster next;
  next.remember(aut.find(agent_id{"alpha"})->view, start);
  CHECK_FALSE(next.stand(named("alpha"), 3, nth(3)));
  CHECK(next.find(agent_id{"alpha"})->view.is_cordoned);
  CHECK(next.cordon(agent_id{"alpha"}, false));
  CHECK_FALSE(next.find(agent_id{"alpha"})->view.is_cordoned);
}

TEST_CASE("a cordoned agent is forgotten only on request") {
  numbered_roster aut;
  for (auto id : {"alpha", "beta"}) {
    CHECK_FALSE(aut.stand(named(id), 1, nth(1)));
    CHECK(aut.leave(agent_id{id}, nth(1), start));
  }
  CHECK(aut.cordon(agent_id{"alpha"}, true));
  roster_limits one_hour;
  one_hour.forget_after = 1h;
  aut.forget_surplus(one_hour, start + 2h);
  CHECK(order_of(aut) == "alpha-");
  SUBCASE("on request") {
    CHECK(aut.forget(agent_id{"alpha"}));
  }
  SUBCASE("no longer cordoned") {
    CHECK(aut.cordon(agent_id{"alpha"}, false));
    aut.forget_surplus(one_hour, start + 2h);
  }
  CHECK(aut.entries().empty());
}

TEST_CASE("only an agent that is away can be forgotten") {
  numbered_roster aut;
  CHECK_FALSE(aut.stand(named("a"), 1, nth(1)));
  CHECK_FALSE(aut.forget(agent_id{"a"}));
  CHECK_FALSE(aut.forget(agent_id{"b"}));
  CHECK(aut.leave(agent_id{"a"}, nth(1), start));
  CHECK(aut.forget(agent_id{"a"}));
  CHECK(aut.find(agent_id{"a"}) == nullptr);
  // It is a new agent when it comes again.
  CHECK_FALSE(aut.stand(named("a"), 2, nth(2)));
}

// -- parts of the list --------------------------------------------------------

namespace {

/// Ids, total and next.
std::string shown(const numbered_roster& aut, const agent_query& query) {
  auto page = aut.page(query);
  if (!page)
    return "unknown";
  std::string out;
  for (const auto& x : *page->agents)
    out += x.agent.str();
  out += " of " + std::to_string(page->total);
  return page->next ? out + " next " + page->next->str() : out;
}

} // namespace

TEST_CASE("agents are listed in parts") {
  numbered_roster aut;
  for (auto name : {"a", "b", "c", "d", "e"})
    CHECK_FALSE(aut.stand(named(name), 1, nth(1)));
  CHECK(aut.leave(agent_id{"b"}, nth(1), start));
  CHECK(aut.leave(agent_id{"e"}, nth(1), start));
  CHECK(shown(aut, {}) == "abcde of 5");
  CHECK(shown(aut, {.limit = 2}) == "ab of 5 next b");
  CHECK(shown(aut, {.limit = 2, .after = agent_id{"b"}}) == "cd of 5 next d");
  CHECK(shown(aut, {.limit = 2, .after = agent_id{"d"}}) == "e of 5");
  CHECK(shown(aut, {.limit = 5}) == "abcde of 5");
  CHECK(shown(aut, {.after = agent_id{"e"}}) == " of 5");
  CHECK(shown(aut, {.after = agent_id{"x"}}) == "unknown");
  CHECK(shown(aut, {.connected = true}) == "acd of 3");
  CHECK(shown(aut, {.connected = false}) == "be of 2");
  CHECK(shown(aut, {.limit = 2, .connected = true}) == "ac of 3 next c");
  CHECK(shown(aut, {.limit = 1, .after = agent_id{"c"}, .connected = true})
        == "d of 3");
}
