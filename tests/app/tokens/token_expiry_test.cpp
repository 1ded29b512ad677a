#include "app/tokens/token_expiry.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;
using namespace std::chrono_literals;

namespace {

constexpr timestamp now = std::chrono::sys_days{2026y / 11 / 23} + 12h + 1us;

std::optional<timestamp> expiry(std::string_view text) {
  auto out = parse_token_expiry(text, now);
  return out ? std::optional{*out} : std::nullopt;
}

} // namespace

TEST_CASE("a token ends after a while, in whole seconds") {
  CHECK(expiry("90d") == now + 90 * 24h + 1s - 1us);
  CHECK(expiry("12h") == now + 12h + 1s - 1us);
}

TEST_CASE("a token ends on a date or at a time") {
  CHECK(expiry("2027-01-31")
        == timestamp{std::chrono::sys_days{2027y / 1 / 31}});
  CHECK(expiry("2026-11-23T12:00:01Z") == now + 1s - 1us);
}

TEST_CASE("a token cannot end before it begins, or by a word that is no time") {
  for (auto text : {"", "0d", "-1d", "90", "90days", "soon", "2026-11-23",
                    "2020-01-01", "2027-02-30", "1000000d"}) {
    CAPTURE(text);
    CHECK_FALSE(expiry(text));
  }
}
