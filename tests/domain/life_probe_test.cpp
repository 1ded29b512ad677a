#include "domain/life_probe.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace std::chrono_literals;

namespace {

struct probe_world {
  life_probe aut;
  life_probe::time_point start = life_probe::time_point{} + 1h;
  std::string heard;

  void ask(life_probe::time_point now) {
    aut.ask(now, [this](bool alive) { heard += alive ? "alive " : "dead "; });
  }
};

} // namespace

TEST_CASE_FIXTURE(probe_world, "a byte after the question is a sign of life") {
  ask(start);
  CHECK(aut.review(start - 1s, start + 100ms));
  CHECK(heard.empty());
  CHECK_FALSE(aut.review(start + 150ms, start + 200ms));
  CHECK(heard == "alive ");
}

TEST_CASE_FIXTURE(probe_world, "a byte from before the question is none") {
  ask(start);
  CHECK(aut.review(start, start + 3s - 1ms));
  CHECK_FALSE(aut.review(start, start + 3s));
  CHECK(heard == "dead ");
}

TEST_CASE_FIXTURE(probe_world, "each question has its own time") {
  ask(start);
  ask(start + 2s);
  CHECK(aut.review(start + 1s, start + 2s));
  CHECK(heard == "alive ");
  CHECK(aut.review(start + 1s, start + 4s));
  CHECK_FALSE(aut.review(start + 1s, start + 5s));
  CHECK(heard == "alive dead ");
}

TEST_CASE("a link that ends is not alive") {
  std::string heard;
  {
    life_probe aut;
    aut.ask({}, [&](bool alive) { heard = alive ? "alive" : "dead"; });
  }
  CHECK(heard == "dead");
}
