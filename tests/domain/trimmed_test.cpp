#include "domain/trimmed.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;

TEST_CASE("white space at both ends of a text is left out, and no other") {
  CHECK(trimmed(" \t\r\n\f\va b\v\f\n\r\t ") == "a b");
  CHECK(trimmed("a") == "a");
  CHECK(trimmed("").empty());
  CHECK(trimmed(" \t ").empty());
}

TEST_CASE("what counts as blank can be chosen") {
  CHECK(trimmed(" \n ", " \t") == "\n");
}
