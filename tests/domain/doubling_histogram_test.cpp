#include "domain/doubling_histogram.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <rapidcheck.h>

using namespace bridgekeeper;

namespace {

using small = doubling_histogram<100, 4>;

/// The bucket in which a value is counted.
std::size_t bucket_of(std::uint64_t value) {
  small x;
  x.observe(value);
  std::size_t out = 0;
  while (x.count(out) == 0)
    ++out;
  return out;
}

} // namespace

TEST_CASE("a value is counted in the first bucket whose bound it fits") {
  CHECK(bucket_of(0) == 0);
  CHECK(bucket_of(100) == 0);
  CHECK(bucket_of(101) == 1);
  CHECK(bucket_of(200) == 1);
  CHECK(bucket_of(201) == 2);
  CHECK(bucket_of(400) == 2);
  CHECK(bucket_of(401) == 3);
  CHECK(bucket_of(800) == 3);
  CHECK(bucket_of(801) == small::bounds);
  CHECK(bucket_of(UINT64_MAX) == small::bounds);
}

TEST_CASE("any value is counted where its bounds say") {
  CHECK(rc::check([](std::uint64_t value) {
    auto index = bucket_of(value);
    // RC_ASSERT evaluates both sides of ||.
    if (index < small::bounds)
      RC_ASSERT(value <= small::upper_bound(index));
    if (index > 0)
      RC_ASSERT(value > small::upper_bound(index - 1));
  }));
}

TEST_CASE("a histogram adds up its values") {
  small x;
  x.observe(70);
  x.observe(2'000);
  observe(x, std::chrono::nanoseconds{30});
  CHECK(x.sum() == 2'100);
  CHECK(x.count(0) == 2);
  CHECK(x.count(small::bounds) == 1);
}

TEST_CASE("a negative duration counts as no time") {
  small x;
  observe(x, std::chrono::nanoseconds{-5});
  CHECK(x.count(0) == 1);
  CHECK(x.sum() == 0);
}
