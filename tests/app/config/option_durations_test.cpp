#include "app/config/effective_config.hpp"
#include "app/config/option_text.hpp"
#include "app/text/quantity.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

using namespace bridgekeeper::app;

namespace {

const option& option_named(std::string_view name) {
  auto all = options();
  auto pos = std::find_if(all.begin(), all.end(), [name](const auto& x) {
    return full_name(x) == name;
  });
  REQUIRE(pos != all.end());
  return *pos;
}

} // namespace

TEST_CASE("long times are written in days, not in powers of ten") {
  const auto& forget_after = option_named("agents.forget_after");
  CHECK(to_plain(forget_after, config{}) == "30d");
  CHECK(to_toml(forget_after, config{}) == "\"30d\"");
  CHECK(expectation(forget_after).find("e+") == std::string::npos);
  const auto& timeout = option_named("heartbeat.timeout");
  CHECK(to_plain(timeout, config{}) == "30s");
  CHECK(to_toml(timeout, config{}) == "30");
}

TEST_CASE("a duration is written with a unit that loses nothing") {
  CHECK(format_duration(seconds{0.5}) == "0.5s");
  CHECK(format_duration(seconds{86'400}) == "1d");
  CHECK(format_duration(seconds{90'000}) == "90000s");
  CHECK(format_duration(seconds{2'592'000.5}) == "2592000.5s");
}
