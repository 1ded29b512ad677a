#include "net/secret_text.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::net;

TEST_CASE("what is wiped is overwritten where it was") {
  std::string text(100, 'x');
  auto at = text.data();
  wipe(text);
  CHECK(text.empty());
  // Still within the capacity.
  text.resize(100, '.');
  CHECK(text.data() == at);
  secret_text token{std::string(100, 'x')};
  auto held = token.str().data();
  secret_text taken{std::move(token)};
  CHECK(taken.str().data() == held);
  CHECK(taken.str() == std::string(100, 'x'));
}

TEST_CASE("what is wiped is not left behind") {
  std::string text(100, 'x');
  auto at = text.data();
  wipe(text);
  // The storage is the text's own, up to its capacity.
  REQUIRE(text.capacity() >= 100);
  CHECK(std::all_of(at, at + 100, [](char c) { return c == '\0'; }));
}
