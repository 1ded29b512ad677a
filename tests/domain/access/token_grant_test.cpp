#include "domain/access/token_grant.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;

namespace {

scope_set only(token_scope x) {
  scope_set out;
  out.add(x);
  return out;
}

/// `bcra`: which scopes it covers.
std::string covered(scope_set x) {
  std::string out;
  for (auto scope : {token_scope::bridge, token_scope::control,
                     token_scope::read, token_scope::admin})
    if (x.covers(scope))
      out += to_string(scope).front();
  return out;
}

} // namespace

TEST_CASE("control may read, admin may control, and nobody but bridges may "
          "register") {
  CHECK(covered(only(token_scope::bridge)) == "b");
  CHECK(covered(only(token_scope::read)) == "r");
  CHECK(covered(only(token_scope::control)) == "cr");
  CHECK(covered(only(token_scope::admin)) == "cra");
  CHECK(covered(scope_set::all()) == "bcra");
  CHECK(covered({}) == "");
}

TEST_CASE("a pattern's star stands for any characters, its question mark for "
          "one") {
  for (auto text : {"build-1", "build-", "build-a-b"})
    CHECK(fits_pattern(text, "build-*"));
  for (auto text : {"build", "rebuild-1", "Build-1", ""})
    CHECK_FALSE(fits_pattern(text, "build-*"));
  CHECK(fits_pattern("", "*"));
  CHECK(fits_pattern("", ""));
  CHECK_FALSE(fits_pattern("a", ""));
  CHECK(fits_pattern("a-b-c", "*-*-*"));
  CHECK_FALSE(fits_pattern("a-b", "*-*-*"));
  CHECK(fits_pattern("aab", "*ab"));
  CHECK(fits_pattern("ababab", "*ab"));
  CHECK(fits_pattern("abcabd", "*ab?"));
  CHECK(fits_pattern("b1", "b?"));
  CHECK_FALSE(fits_pattern("b", "b?"));
  CHECK_FALSE(fits_pattern("b12", "b?"));
  CHECK(fits_pattern("exact", "exact"));
}

TEST_CASE("a pattern of many stars is decided in no time") {
  std::string shape;
  for (int i = 0; i < 32; ++i)
    shape += "*a";
  CHECK_FALSE(fits_pattern(std::string(64, 'a') + "b", shape));
}

TEST_CASE("a grant admits agents of its pattern, if it is for bridges") {
  token_grant aut;
  aut.agents = "build-*";
  CHECK_FALSE(aut.admits(agent_id{"build-1"}));
  aut.scopes = only(token_scope::bridge);
  CHECK(aut.admits(agent_id{"build-1"}));
  CHECK_FALSE(aut.admits(agent_id{"test-1"}));
}

TEST_CASE("a grant has expired from the very moment on") {
  using namespace std::chrono_literals;
  timestamp noon{12h};
  token_grant aut;
  CHECK_FALSE(aut.has_expired(noon));
  aut.expires = noon;
  CHECK_FALSE(aut.has_expired(noon - 1us));
  CHECK(aut.has_expired(noon));
}
