#include "domain/answer_budget.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;

namespace {

answer_budget::load own(std::size_t bytes) {
  return {bytes, nullptr, 0};
}

auto make_budget(std::size_t total, std::size_t per_token) {
  return std::make_shared<answer_budget>(answer_limits{total, per_token});
}

} // namespace

TEST_CASE("answers of one token have a budget, and others are not in it") {
  auto aut = make_budget(1000, 100);
  auto one = aut->admit("a", own(60));
  REQUIRE(one.has_value());
  CHECK(aut->admit("a", own(60)).error().code == errc::too_many_answers);
  CHECK(aut->admit("b", own(60)).has_value());
  *one = nullptr;
  CHECK(aut->admit("a", own(60)).has_value());
}

TEST_CASE("answers have a budget in all") {
  auto aut = make_budget(100, 100);
  auto one = aut->admit("a", own(60));
  CHECK(aut->admit("b", own(60)).error().code == errc::answers_full);
  CHECK(aut->admit("b", own(40)).has_value());
}

TEST_CASE("an answer larger than a budget is sent when nothing else is") {
  auto aut = make_budget(100, 10);
  auto one = aut->admit("a", own(5000));
  REQUIRE(one.has_value());
  CHECK(aut->total() == 5000);
  CHECK_FALSE(aut->admit("a", own(1)).has_value());
  CHECK_FALSE(aut->admit("b", own(1)).has_value());
  *one = nullptr;
  CHECK(aut->total() == 0);
  CHECK(aut->admit("b", own(1)).has_value());
}

TEST_CASE("what answers hold together counts once, until the last has it") {
  auto aut = make_budget(1000, 1000);
  auto result = std::make_shared<int>(0);
  answer_budget::load what{10, result, 500};
  auto one = aut->admit("a", what);
  auto other = aut->admit("b", what);
  CHECK(aut->total() == 520);
  *one = nullptr;
  CHECK(aut->total() == 510);
  *other = nullptr;
  CHECK(aut->total() == 0);
  CHECK(result.use_count() == 2);
}

TEST_CASE("other limits count for what comes") {
  auto aut = make_budget(100, 100);
  auto one = aut->admit("a", own(60));
  aut->change_limits({1000, 1000});
  CHECK(aut->admit("a", own(60)).has_value());
}
