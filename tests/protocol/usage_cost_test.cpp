#include "protocol/usage_cost.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper::protocol;

namespace {

/// In millionths of a dollar, at $0.50 for 1000 tokens.
std::int64_t cost(std::string usage) {
  return cost_of(json_object{std::move(usage)}, micro_usd{500'000}).count();
}

} // namespace

// Contract section 5.
TEST_CASE("the first cost that is a number counts, in the contract's order") {
  CHECK(cost(R"({"cost":4,"usd_cost":3,"total_cost_usd":2,"cost_usd":1})")
        == 1'000'000);
  CHECK(cost(R"({"cost":4,"usd_cost":3,"total_cost_usd":2})") == 2'000'000);
  CHECK(cost(R"({"cost":4,"usd_cost":3})") == 3'000'000);
  CHECK(cost(R"({"cost":0.25})") == 250'000);
}

TEST_CASE("a cost of nothing is a cost, whatever the tokens are") {
  CHECK(cost(R"({"cost_usd":0,"total_cost_usd":2,"total_tokens":1000})") == 0);
}

// Contract section 6, number 12.
TEST_CASE("what is no finite number of at least 0 is no cost") {
  for (auto bad : {"null", "true", "false", "\"1\"", "-1", "-0.5", "[1]",
                   "{\"usd\":1}", "NaN", "Infinity", "-Infinity", "1e999"}) {
    CAPTURE(bad);
    auto member = "\"cost_usd\":" + std::string{bad};
    CHECK(cost("{" + member + "}") == 0);
    CHECK(cost("{" + member + ",\"cost\":2}") == 2'000'000);
    CHECK(cost("{" + member + ",\"total_tokens\":1000}") == 500'000);
  }
}

TEST_CASE("without a cost the tokens have a price") {
  CHECK(cost(R"({"total_tokens":3000,"prompt_tokens":1})") == 1'500'000);
  CHECK(cost(R"({"prompt_tokens":1000,"completion_tokens":500})") == 750'000);
  CHECK(cost(R"({"completion_tokens":500,"input_tokens":9})") == 250'000);
  CHECK(cost(R"({"input_tokens":100,"output_tokens":200,)"
             R"("cache_creation_input_tokens":300,)"
             R"("cache_read_input_tokens":400})")
        == 500'000);
}

TEST_CASE("tokens that are no numbers are not counted") {
  CHECK(cost(R"({"total_tokens":"9","prompt_tokens":-1,"input_tokens":2})")
        == 1'000);
  CHECK(cost(R"({"total_tokens":true})") == 0);
}

TEST_CASE("tokens without a price cost nothing") {
  CHECK(cost_of(json_object{R"({"total_tokens":1e9})"}, micro_usd{})
        == micro_usd{});
}

TEST_CASE("usage that says nothing costs nothing") {
  CHECK(cost("{}") == 0);
  CHECK(cost(R"({"model":"x"})") == 0);
}

TEST_CASE("an absurd cost is the largest amount, not an overflow") {
  CHECK(cost(R"({"cost_usd":1e300})") == micro_usd::max);
  CHECK(cost(R"({"total_tokens":1e300})") == micro_usd::max);
  CHECK(cost(R"({"input_tokens":1e308,"output_tokens":1e308})")
        == micro_usd::max);
}
