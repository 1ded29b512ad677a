#include "app/config/assign_option.hpp"
#include "app/config/config_options.hpp"
#include "app/config/option_text.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

TEST_CASE("no two options share a name, a variable or a flag") {
  std::set<std::string> names;
  for (const auto& x : options()) {
    CAPTURE(full_name(x));
    CHECK(names.insert(full_name(x)).second);
    CHECK(names.insert(variable_name(x)).second);
    if (!x.flag.empty())
      CHECK(names.insert(std::string{x.flag}).second);
  }
}

TEST_CASE("options are found by name and have a help text") {
  for (const auto& x : options()) {
    CAPTURE(full_name(x));
    CHECK(find_option(x.section, x.key) == &x);
    CHECK(x.help.ends_with("."));
  }
  CHECK(find_option("heartbeat", "timout") == nullptr);
}

TEST_CASE("an environment variable is named after section and key") {
  CHECK(variable_name(*find_option("heartbeat", "timeout"))
        == "BRIDGEKEEPER_HEARTBEAT_TIMEOUT");
}

TEST_CASE("no secret has a flag") {
  CHECK(is_secret(*find_option("auth", "tokens")));
  for (const auto& x : options())
    if (is_secret(x))
      CHECK(x.flag.empty());
}

TEST_CASE("every default is a value its own option accepts") {
  for (const auto& x : options()) {
    CAPTURE(full_name(x));
    config defaults;
    auto text = to_plain(x, defaults);
    config other;
    if (text != "none")
      CHECK(assign(x, other, plain_text{text}) == std::nullopt);
    CHECK(to_plain(x, other) == text);
  }
}
