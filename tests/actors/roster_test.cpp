#include "actors/roster.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper::actors;

namespace {

using numbered_roster = roster<int>;

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
  CHECK_FALSE(aut.leave(agent_id{"alpha"}, nth(1)));
  CHECK(aut.find(agent_id{"alpha"})->standing == 2);
  CHECK(aut.find(agent_id{"alpha"})->view.connected);
}

TEST_CASE("an incarnation from the future cannot be removed either") {
  numbered_roster aut;
  CHECK_FALSE(aut.stand(named("alpha"), 1, nth(1)));
  CHECK_FALSE(aut.leave(agent_id{"alpha"}, nth(2)));
  CHECK_FALSE(aut.leave(agent_id{"beta"}, nth(1)));
  CHECK(aut.find(agent_id{"alpha"})->standing == 1);
}

TEST_CASE("the incarnation that stands leaves once and stays known") {
  numbered_roster aut;
  CHECK_FALSE(aut.stand(named("alpha"), 1, nth(1)));
  CHECK(aut.leave(agent_id{"alpha"}, nth(1)));
  CHECK_FALSE(aut.leave(agent_id{"alpha"}, nth(1)));
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
    CHECK(aut.leave(agent_id{"alpha"}, nth(5)));
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
  CHECK(aut.leave(agent_id{"c"}, nth(1)));
  CHECK_FALSE(aut.stand(named("c"), 4, nth(4)));
  CHECK(order_of(aut) == "c+a+b+");
}

TEST_CASE("when too many are known, the first on the list that is away goes") {
  numbered_roster aut{3};
  CHECK_FALSE(aut.stand(named("a"), 1, nth(1)));
  CHECK_FALSE(aut.stand(named("b"), 2, nth(2)));
  CHECK_FALSE(aut.stand(named("c"), 3, nth(3)));
  CHECK(aut.leave(agent_id{"b"}, nth(2)));
  CHECK(aut.leave(agent_id{"c"}, nth(3)));
  CHECK_FALSE(aut.stand(named("d"), 4, nth(4)));
  CHECK(order_of(aut) == "a+c-d+");
  CHECK(aut.find(agent_id{"b"}) == nullptr);
}

TEST_CASE("who stands is never forgotten, however many there are") {
  numbered_roster aut{2};
  for (int i = 0; i < 5; ++i)
    CHECK_FALSE(aut.stand(named(std::to_string(i)), i,
                          nth(static_cast<std::uint64_t>(i) + 1)));
  CHECK(order_of(aut) == "0+1+2+3+4+");
}
