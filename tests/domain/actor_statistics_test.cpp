#include "domain/actor_statistics.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace bridgekeeper;

namespace {

std::string names(const actor_statistics& aut) {
  std::string out;
  for (const auto& row : aut.rows())
    out += row.name + ' ';
  return out;
}

} // namespace

TEST_CASE("a census lists who lives, oldest first") {
  auto aut = std::make_shared<actor_statistics>();
  CHECK(aut->rows().empty());
  auto first = std::make_unique<actor_statistics::entry>(aut, 7, "registry", 0);
  auto second = std::make_unique<actor_statistics::entry>(aut, 8, "agent", 1);
  actor_statistics::entry third{aut, 9, "console", std::nullopt};
  CHECK(names(*aut) == "registry agent console ");
  second.reset();
  CHECK(names(*aut) == "registry console ");
  first.reset();
  CHECK(names(*aut) == "console ");
}

TEST_CASE("a census says where each lives") {
  auto aut = std::make_shared<actor_statistics>();
  actor_statistics::entry here{aut, 7, "agent", 3};
  actor_statistics::entry pooled{aut, 8, "console", std::nullopt};
  auto rows = aut->rows();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].id == 7);
  CHECK(rows[0].thread == 3);
  CHECK(rows[0].age.count() >= 0);
  CHECK(rows[1].thread == std::nullopt);
}

TEST_CASE("what arrived and was not handled is in the mailbox") {
  auto aut = std::make_shared<actor_statistics>();
  actor_statistics::entry entry{aut, 1, "agent", 0};
  auto depth_and_handled = [&aut] {
    auto row = aut->rows().front();
    return std::pair{row.mailbox_depth, row.handled};
  };
  for (int i = 0; i < 5; ++i)
    entry.count_arrival();
  CHECK(depth_and_handled() == std::pair<std::size_t, std::size_t>{5, 0});
  entry.count_handled(2);
  CHECK(depth_and_handled() == std::pair<std::size_t, std::size_t>{3, 2});
  entry.count_direct();
  CHECK(depth_and_handled() == std::pair<std::size_t, std::size_t>{3, 3});
  entry.count_all_handled();
  CHECK(depth_and_handled() == std::pair<std::size_t, std::size_t>{0, 6});
}

TEST_CASE("a mailbox never seems to hold less than nothing") {
  auto aut = std::make_shared<actor_statistics>();
  actor_statistics::entry entry{aut, 1, "agent", 0};
  entry.count_handled(3);
  CHECK(aut->rows().front().mailbox_depth == 0);
}

TEST_CASE("actors with the same name are added up") {
  auto aut = std::make_shared<actor_statistics>();
  static const char* name = "agent";
  actor_statistics::entry first{aut, 7, name, 0};
  actor_statistics::entry second{aut, 8, name, 1};
  first.count_arrival();
  first.count_arrival();
  second.count_arrival();
  second.count_handled(1);
  aut->count_restart("registry");
  auto totals = aut->totals();
  CHECK(totals.size() == 2);
  CHECK(totals["agent"].actors == 2);
  CHECK(totals["agent"].waiting == 2);
  CHECK(totals["agent"].restarts == 0);
  CHECK(totals["registry"].actors == 0);
  CHECK(totals["registry"].restarts == 1);
}
