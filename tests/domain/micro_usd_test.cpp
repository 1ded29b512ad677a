#include "domain/micro_usd.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using bridgekeeper::micro_usd;

TEST_CASE("ten dimes are a dollar") {
  micro_usd sum;
  for (auto i = 0; i < 10; ++i)
    sum = sum + micro_usd::from_usd(0.1);
  CHECK(sum == micro_usd::from_usd(1));
  CHECK(sum.to_usd() == 1.0);
}

TEST_CASE("an amount is the nearest millionth of what it is made from") {
  CHECK(micro_usd::from_usd(0.0000014).count() == 1);
  CHECK(micro_usd::from_usd(0.0000016).count() == 2);
  CHECK(micro_usd::from_usd(4.35).count() == 4'350'000);
}

TEST_CASE("what is no amount of money is nothing") {
  CHECK(micro_usd::from_usd(-1) == micro_usd{});
  CHECK(micro_usd::from_usd(std::nan("")) == micro_usd{});
  CHECK(micro_usd::from_usd(-std::numeric_limits<double>::infinity())
        == micro_usd{});
}

TEST_CASE("sums of money end at the largest amount, differences at nothing") {
  auto most = micro_usd::from_usd(std::numeric_limits<double>::max());
  CHECK(most.count() == micro_usd::max);
  CHECK(most + most == most);
  CHECK(micro_usd::from_usd(std::numeric_limits<double>::infinity()) == most);
  CHECK(micro_usd{1} - micro_usd{2} == micro_usd{});
}

TEST_CASE("money is written in dollars and cents") {
  CHECK(to_string(micro_usd{}) == "$0.00");
  CHECK(to_string(micro_usd{4'999}) == "$0.00");
  CHECK(to_string(micro_usd{5'000}) == "$0.01");
  CHECK(to_string(micro_usd{1'500'000}) == "$1.50");
  CHECK(to_string(micro_usd{999'995'000}) == "$1000.00");
}
