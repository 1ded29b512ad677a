#include "protocol/json_list.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace bridgekeeper::protocol;

TEST_CASE("a list has commas between its items") {
  CHECK(json_list{}.finish() == "[]");
  CHECK(json_list{}.string("a\"b").raw("{}").raw("1").finish()
        == R"(["a\"b",{},1])");
  CHECK(list_of(std::vector<std::string>{"a", ""}) == R"(["a",""])");
}
