#include "protocol/usage_cost.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;

namespace {

const micro_usd half_a_dollar{500'000};

/// In millionths of a dollar, at $0.50 for 1000 tokens.
std::int64_t cost(std::string usage) {
  return cost_of(json_object{std::move(usage)}, {{}, half_a_dollar})
      .cost.count();
}

/// The same, where no more than $100 is believed.
usage_cost believed(std::string usage) {
  return cost_of(json_object{std::move(usage)},
                 {micro_usd{100'000'000}, half_a_dollar});
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
  for (auto bad :
       {"null",        "true",      "false",    "\"\"",      "\"free\"",
        "\"$1\"",      "\"1 USD\"", "\" 1\"",   "\"-1\"",    "\"NaN\"",
        "\"inf\"",     "\"1e999\"", "-1",       "-0.5",      "[1]",
        "{\"usd\":1}", "NaN",       "Infinity", "-Infinity", "1e999"}) {
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
  CHECK(cost(R"({"total_tokens":"x","prompt_tokens":-1,"input_tokens":2})")
        == 1'000);
  CHECK(cost(R"({"total_tokens":true})") == 0);
}

TEST_CASE("tokens without a price cost nothing") {
  CHECK(cost_of(json_object{R"({"total_tokens":1e9})"}, {}).cost
        == micro_usd{});
}

TEST_CASE("usage that says nothing costs nothing") {
  CHECK(cost("{}") == 0);
  CHECK(cost(R"({"model":"x"})") == 0);
}

TEST_CASE("numbers that are written as text count") {
  CHECK(cost(R"({"cost_usd":"0.25"})") == 250'000);
  CHECK(cost(R"({"cost_usd":"0","cost":2})") == 0);
  CHECK(cost(R"({"cost":"1e-2"})") == 10'000);
  CHECK(cost(R"({"total_tokens":"1000"})") == 500'000);
}

TEST_CASE("a cost beyond what is believed is priced by its tokens") {
  auto absurd = believed(R"({"cost_usd":1e300,"total_tokens":2000})");
  CHECK(absurd.cost.count() == 1'000'000);
  CHECK(absurd.implausible == 1e300);
  // No other member is believed instead.
  CHECK(believed(R"({"cost_usd":"100.01","cost":2})").cost == micro_usd{});
  CHECK(believed(R"({"cost_usd":"100.01","cost":2})").implausible == 100.01);
  auto most = believed(R"({"cost_usd":100})");
  CHECK(most.cost.count() == 100'000'000);
  CHECK_FALSE(most.implausible);
}

TEST_CASE("tokens beyond what is believed cost nothing") {
  auto absurd = believed(R"({"total_tokens":1e300})");
  CHECK(absurd.cost == micro_usd{});
  CHECK(absurd.implausible.value_or(0) > 1e290);
  CHECK(believed(R"({"cost_usd":101,"total_tokens":1e300})").implausible
        == 101);
}

TEST_CASE("an absurd cost is the largest amount, not an overflow") {
  CHECK(cost(R"({"cost_usd":1e300})") == micro_usd::max);
  CHECK(cost(R"({"total_tokens":1e300})") == micro_usd::max);
  CHECK(cost(R"({"input_tokens":1e308,"output_tokens":1e308})")
        == micro_usd::max);
}
