#include "app/tokens/token_mask.hpp"

#include <doctest/doctest.h>

using bridgekeeper::app::mask_tokens;

TEST_CASE("a word that begins like a token is masked to its end") {
  CHECK(mask_tokens("bk_0123abcd") == "bk_…");
  CHECK(mask_tokens("found \"bk_0123\", expected")
        == "found \"bk_…\", expected");
  CHECK(mask_tokens("auth.bk_01-2_3: unknown key") == "auth.bk_…: unknown key");
  CHECK(mask_tokens("one,bk_1,bk_2 two") == "one,bk_…,bk_… two");
}

TEST_CASE("what only has the letters of a token in it stays") {
  for (auto text : {"", "/etc/bk_files/x.pem", "rebk_0123", "b k_1", "bk-1"}) {
    CAPTURE(text);
    CHECK(mask_tokens(text) == text);
  }
}
