#include "net/byte_budget.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <utility>

using bridgekeeper::net::byte_budget;

namespace {

struct shared_budget {
  std::shared_ptr<byte_budget> aut = std::make_shared<byte_budget>(100);
  byte_budget::share one{aut};
  byte_budget::share two{aut};
};

} // namespace

TEST_CASE_FIXTURE(shared_budget, "shares grow until the budget is used up") {
  CHECK(one.grow_to(60));
  CHECK(two.grow_to(40));
  CHECK_FALSE(two.grow_to(41));
  CHECK(aut->used() == 100);
  // A share does not shrink, and what it has costs nothing again.
  CHECK(one.grow_to(10));
  CHECK(aut->used() == 100);
}

TEST_CASE_FIXTURE(shared_budget, "what is given back can be taken again") {
  CHECK(one.grow_to(100));
  one.give_back();
  CHECK(two.grow_to(100));
  CHECK_FALSE(one.grow_to(1));
}

TEST_CASE_FIXTURE(shared_budget, "a share that is gone is given back") {
  {
    byte_budget::share three{aut};
    CHECK(three.grow_to(100));
  }
  CHECK(aut->used() == 0);
}

TEST_CASE_FIXTURE(shared_budget, "a share that leaves is not counted any "
                                 "more") {
  CHECK(one.grow_to(100));
  one.leave();
  CHECK(aut->used() == 0);
  CHECK_FALSE(one.is_counted());
  CHECK(one.grow_to(1'000'000));
}

TEST_CASE_FIXTURE(shared_budget, "a smaller limit takes nothing away, and "
                                 "gives nothing more") {
  CHECK(one.grow_to(80));
  aut->change_limit(50);
  CHECK_FALSE(two.grow_to(1));
  one.give_back();
  CHECK(two.grow_to(50));
}

TEST_CASE_FIXTURE(shared_budget, "a share that is moved is held once, and what "
                                 "it replaces is given back") {
  CHECK(one.grow_to(60));
  CHECK(two.grow_to(30));
  byte_budget::share three{std::move(one)};
  CHECK(aut->used() == 90);
  two = std::move(three);
  CHECK(aut->used() == 90);
  three = {};
  CHECK(aut->used() == 60);
  two = {};
  CHECK(aut->used() == 0);
}

TEST_CASE("without a budget everything fits") {
  byte_budget::share aut;
  CHECK_FALSE(aut.is_counted());
  CHECK(aut.grow_to(1'000'000'000));
}
