#include "app/text/suggestion.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

constexpr std::array<std::string_view, 3> known{"timeout", "tick", "adaptive"};

} // namespace

TEST_CASE("a typing mistake is recognised") {
  CHECK(closest("timout", known) == "timeout");
  CHECK(closest("tcik", known) == "tick");
  CHECK(closest("adaptiv", known) == "adaptive");
  CHECK(did_you_mean("timout", known) == "; did you mean timeout?");
}

TEST_CASE("something else altogether gets no suggestion") {
  CHECK(closest("colour", known).empty());
  CHECK(closest("", known).empty());
  CHECK(closest(std::string(5000, 't'), known).empty());
  CHECK(did_you_mean("colour", known).empty());
}
