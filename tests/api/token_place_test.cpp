#include "api/query.hpp"
#include "api/token_place.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::api;

// Contract section 2.

TEST_CASE("a bearer token is taken whatever the scheme's case") {
  for (auto header : {"Bearer abc", "bearer abc", "BEARER abc", "Bearer   abc"})
    CHECK(find_token(header, "", "/") == "abc");
}

TEST_CASE("the bearer token comes before the header, the header before the "
          "query") {
  CHECK(find_token("Bearer one", "two", "/?token=three") == "one");
  CHECK(find_token("", "two", "/?token=three") == "two");
  CHECK(find_token("", "", "/?token=three") == "three");
  CHECK(find_token("", "", "/") == "");
}

TEST_CASE("another scheme or an empty bearer does not count") {
  CHECK(find_token("Basic abc", "two", "/") == "two");
  CHECK(find_token("Bearer", "two", "/") == "two");
  CHECK(find_token("Bearer ", "two", "/") == "two");
  CHECK(find_token("Bearerabc", "two", "/") == "two");
  CHECK(find_token("Basic abc", "", "/") == "");
}

TEST_CASE("a token may have blanks inside") {
  CHECK(find_token("Bearer a b", "", "/") == "a b");
}

TEST_CASE("a query's values are found by name and decoded") {
  CHECK(query_value("/x?token=a%2Bb+c", "token") == "a+b c");
  CHECK(query_value("/x?a=1&b=2&a=3", "a") == "3");
  CHECK(query_value("/x?a=1&b=2", "b") == "2");
  CHECK(query_value("/x?to%6ben=1", "token") == "1");
  CHECK(query_value("/x?a=b=c", "a") == "b=c");
}

TEST_CASE("a query's value may be empty, which is not the same as absent") {
  CHECK(query_value("/x?a=", "a") == "");
  CHECK(query_value("/x?a", "a") == "");
  CHECK(query_value("/x?a&b=1", "b") == "1");
  CHECK(query_value("/x?", "a") == std::nullopt);
  CHECK(query_value("/x", "a") == std::nullopt);
  CHECK(query_value("/x?&&b=1&", "b") == "1");
  CHECK(query_value("/x?aa=1", "a") == std::nullopt);
}
