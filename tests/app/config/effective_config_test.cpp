#include "app/config/config_file.hpp"
#include "app/config/effective_config.hpp"
#include "app/scratch.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

const std::string example_path =
    BRIDGEKEEPER_SOURCE_DIR "/conf/bridgekeeper.toml";

std::string example_text() {
  std::ifstream in{example_path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The settings that the example says need a restart, as sections and keys;
/// "all" stands for each key of a section.
std::map<std::string, std::set<std::string>> settings_that_need_a_restart() {
  auto text = std::regex_replace(example_text(), std::regex{"\n# "}, " ");
  const std::string before = "need a restart, and the log names them: ";
  auto start = text.find(before);
  REQUIRE(start != text.npos);
  text = text.substr(start + before.size());
  text = text.substr(0, text.find(". "));
  std::map<std::string, std::set<std::string>> out;
  const std::regex part{"([^\\[]*)\\[([a-z]+)\\]"};
  const std::regex word{"[a-z_]+"};
  for (std::sregex_iterator i{text.begin(), text.end(), part}, end; i != end;
       ++i) {
    auto keys = (*i)[1].str();
    for (std::sregex_iterator k{keys.begin(), keys.end(), word}; k != end; ++k)
      out[(*i)[2].str()].insert(k->str());
  }
  return out;
}

/// The listing without its comments.
std::string values_of(const load_outcome& x) {
  return std::regex_replace(effective_config(x), std::regex{" +# [^\n]*"}, "");
}

} // namespace

TEST_CASE("the listing of a configuration is a file with the same effect") {
  config_sources sources;
  sources.flags["server.listen"] = "0.0.0.0:8000,[::1]:8000";
  sources.flags["server.data_dir"] = "/var/lib/a \"b\" #c";
  sources.flags["heartbeat.timeout"] = "1500ms";
  sources.flags["bridge.max_frame_bytes"] = "65537";
  sources.flags["console.listen"] = "off";
  auto loaded = load_config(sources);
  REQUIRE(loaded.ok());
  scratch_file file{effective_config(loaded)};
  config_sources again;
  again.file = file.path();
  auto reloaded = load_config(again);
  CHECK(error_text(reloaded).find(file.path()) == std::string::npos);
  CHECK(values_of(reloaded) == values_of(loaded));
  CHECK(reloaded.values.heartbeat.timeout == seconds{1.5});
  CHECK(reloaded.values.server.data_dir == "/var/lib/a \"b\" #c");
}

TEST_CASE("the listing counts tokens and names their source") {
  config_sources sources;
  sources.variables["VIBEFORGE_AUTH_TOKENS"] = "s3cret-one,s3cret-two";
  auto text = effective_config(load_config(sources));
  CHECK(text.find("s3cret") == std::string::npos);
  CHECK(text.find("# tokens: 2 tokens") != std::string::npos);
  CHECK(text.find("# environment VIBEFORGE_AUTH_TOKENS") != std::string::npos);
}

TEST_CASE("the annotated example changes nothing as it stands") {
  config_sources sources;
  sources.file = example_path;
  auto loaded = load_config(sources);
  CHECK(loaded.errors.empty());
  for (const auto& x : loaded.origins)
    CHECK(x == "default");
}

TEST_CASE("the annotated example has every option with its default") {
  // `#key = value`, without a blank, is a setting.
  auto text = std::regex_replace(example_text(),
                                 std::regex{"(^|\n)#([a-z_]+ = )"}, "$1$2");
  scratch_file file{text};
  config_sources sources;
  sources.file = file.path();
  auto loaded = load_config(sources);
  REQUIRE(loaded.errors.empty());
  for (std::size_t i = 0; i < options().size(); ++i) {
    CAPTURE(full_name(options()[i]));
    CHECK(loaded.origins[i].starts_with(file.path() + ":"));
  }
  // The options without a default have an example in its place.
  loaded.values.auth.token_file.reset();
  loaded.values.audit.path.reset();
  loaded.values.auth.scoped_token_file.reset();
  loaded.values.tls.certificate.reset();
  loaded.values.tls.key.reset();
  loaded.values.tls.client_ca.reset();
  // Which data directory is the default depends on where the daemon is started.
  auto defaults = load_config({});
  CHECK(loaded.values.server.data_dir == "./var");
  loaded.values.server.data_dir = defaults.values.server.data_dir;
  CHECK(values_of(loaded) == values_of(defaults));
}

TEST_CASE("the annotated example names exactly what needs a restart") {
  auto named = settings_that_need_a_restart();
  for (const auto& x : options()) {
    CAPTURE(full_name(x));
    // It says instead: "and whether TLS is used".
    if (x.section == "tls")
      continue;
    const auto& keys = named[std::string{x.section}];
    CHECK((keys.contains("all") || keys.contains(std::string{x.key}))
          == (x.when == takes_effect::at_start));
  }
}

TEST_CASE("the fuzzer's seed of all keys has every option") {
  auto seed =
      read_config_file(BRIDGEKEEPER_SOURCE_DIR "/fuzz/corpus/config/every_key");
  CHECK(seed.errors.empty());
  for (const auto& x : options()) {
    CAPTURE(full_name(x));
    CHECK(std::any_of(
        seed.settings.begin(), seed.settings.end(),
        [&](const file_setting& setting) { return setting.target == &x; }));
  }
}
