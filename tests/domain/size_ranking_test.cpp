#include "domain/size_ranking.hpp"

#include <doctest/doctest.h>

#include <utility>

using namespace bridgekeeper;

namespace {

struct item : ranked<> {};

using item_ranking = size_ranking<item>;

} // namespace

TEST_CASE("the largest is found, to within a factor of two") {
  item_ranking aut;
  item small;
  item large;
  CHECK(aut.largest() == nullptr);
  aut.update(small, 1000);
  aut.update(large, 2100);
  CHECK(aut.largest() == &large);
  aut.update(large, 500);
  CHECK(aut.largest() == &small);
  aut.update(small, 0);
  CHECK(aut.largest() == &large);
  aut.update(large, 0);
  CHECK(aut.largest() == nullptr);
}

TEST_CASE("of those of about one size each comes in its time") {
  item_ranking aut;
  item items[3];
  for (auto& x : items)
    aut.update(x, 100);
  for (auto& x : items) {
    CHECK(aut.largest() == &x);
    CHECK(aut.largest() == &x);
    aut.update(x, 50);
  }
  CHECK(aut.largest() == &items[0]);
}

TEST_CASE("the largest size there is can be ranked") {
  item_ranking aut;
  item x;
  aut.update(x, static_cast<std::size_t>(-1));
  CHECK(aut.largest() == &x);
}

TEST_CASE("what ends leaves its ranking") {
  item_ranking aut;
  item other;
  aut.update(other, 1);
  {
    item x;
    aut.update(x, 100);
  }
  CHECK(aut.largest() == &other);
}

TEST_CASE("a ranking can move, and end before what it ranks") {
  item x;
  {
    item_ranking before;
    before.update(x, 7);
    auto aut = std::move(before);
    CHECK(aut.largest() == &x);
  }
  item_ranking aut;
  aut.update(x, 9);
  CHECK(aut.largest() == &x);
}
