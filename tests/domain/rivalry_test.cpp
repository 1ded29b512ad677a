#include "domain/rivalry.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace std::chrono_literals;

namespace {

const rivalry::time_point start = rivalry::time_point{} + 1h;

} // namespace

// Contract section 6, number 15.
TEST_CASE("from the third replacement within 30 s on there is a rivalry") {
  rivalry aut;
  CHECK_FALSE(aut.note(start));
  CHECK_FALSE(aut.note(start + 10s));
  CHECK(aut.note(start + 30s));
  CHECK(aut.note(start + 35s));
  CHECK_FALSE(aut.note(start + 66s));
  CHECK_FALSE(aut.note(start + 67s));
  CHECK(aut.note(start + 68s));
}

TEST_CASE("a bridge that is started again now and then is no rival") {
  rivalry aut;
  for (auto i = 0; i < 100; ++i)
    CHECK_FALSE(aut.note(start + i * 16s));
}

TEST_CASE("a rivalry that goes on is told once in 30 s") {
  rivalry aut;
  CHECK(aut.is_news(start));
  CHECK_FALSE(aut.is_news(start + 29s));
  CHECK(aut.is_news(start + 30s));
}
