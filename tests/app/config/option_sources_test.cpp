#include "app/cli/config_flags.hpp"
#include "app/command_line/choices.hpp"
#include "app/config/assign_option.hpp"
#include "app/config/config_change.hpp"
#include "app/config/legacy_value.hpp"
#include "app/config/load_config.hpp"
#include "app/config/option_text.hpp"
#include "app/scratch.hpp"
#include "app/text/overload.hpp"

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

/// A valid value that is not the default, as a flag or a variable has it.
std::string other_value(const option& x) {
  static const std::map<std::string, std::string> samples{
      {"console.listen", "off"},
      {"metrics.listen", "127.0.0.1:9464"},
      {"server.listen", "127.0.0.1:9000,unix:/run/x.sock"},
      {"server.trusted_proxies", "10.0.0.0/8"},
      {"http.cors_origins", "https://panel.example"},
      {"auth.tokens", "alpha"}};
  if (auto i = samples.find(full_name(x)); i != samples.end())
    return i->second;
  auto usual = to_plain(x, config{});
  return std::visit(
      overload{
          [&](const switch_kind&) -> std::string {
            return usual == "true" ? "false" : "true";
          },
          [](const number_kind& k) { return k.unit.format(k.max); },
          [&](const word_kind& k) {
            auto words = split_at_commas(k.words);
            return words.front() == usual ? words.back() : words.front();
          },
          [](const text_kind&) -> std::string { return "/some/where"; },
          [](const list_kind&) -> std::string { return "no sample"; },
      },
      x.kind);
}

/// A text that no option takes.
const std::string invalid(1, '\0');

/// A config in which only `x` has another value.
config with_other(const option& x) {
  config out;
  REQUIRE(assign(x, out, plain_text{other_value(x)}) == std::nullopt);
  return out;
}

std::string in_file(const option& x, const std::string& value) {
  return "[" + std::string{x.section} + "]\n" + std::string{x.key} + " = "
         + value + "\n";
}

/// Loads the value of `x` from one place.
class source {
public:
  source(const option& x, std::string origin)
    : option_(x), origin_(std::move(origin)) {}

  void accepts(const config_sources& sources) const {
    CAPTURE(origin_);
    auto loaded = load_config(sources);
    auto index = static_cast<std::size_t>(&option_ - options().data());
    CHECK(loaded.origins.at(index) == origin_);
    CHECK(to_plain(option_, loaded.values)
          == to_plain(option_, with_other(option_)));
  }

  void refuses(const config_sources& sources) const {
    CAPTURE(origin_);
    auto loaded = load_config(sources);
    REQUIRE(loaded.errors.size() == 1);
    const auto& error = loaded.errors.front();
    CAPTURE(error);
    CHECK(error.starts_with(origin_ + ": "));
    CHECK(error.ends_with("expected " + expectation(option_)));
    CHECK((error.find("found") == error.npos) == (option_.section == "auth"));
  }

private:
  const option& option_;
  std::string origin_;
};

/// What a command line sets.
config_sources parse(std::vector<std::string> arguments) {
  CLI::App app;
  config_sources out;
  add_config_flags(app, out);
  std::reverse(arguments.begin(), arguments.end());
  app.parse(arguments);
  return out;
}

} // namespace

TEST_CASE("every option can be set in the file, which checks its value") {
  for (const auto& x : options()) {
    auto value = is_secret(x) ? "\"" + other_value(x) + "\""
                              : to_toml(x, with_other(x)).value();
    scratch_file good{in_file(x, value)};
    config_sources sources;
    sources.file = good.path();
    source{x, good.path() + ":2"}.accepts(sources);
    scratch_file bad{in_file(x, "[7]")};
    sources.file = bad.path();
    source{x, bad.path() + ":2: " + full_name(x)}.refuses(sources);
  }
}

TEST_CASE("every option can be set by a variable, whose value is checked") {
  for (const auto& x : options()) {
    source variable{x, "environment " + variable_name(x)};
    config_sources sources;
    sources.variables[variable_name(x)] = other_value(x);
    variable.accepts(sources);
    sources.variables[variable_name(x)] = invalid;
    variable.refuses(sources);
  }
}

TEST_CASE("every variable of the replaced server sets an option") {
  for (const auto& x : legacy_variables()) {
    CAPTURE(x.name);
    auto is_named = [&](const option& y) { return full_name(y) == x.option; };
    auto target = std::ranges::find_if(options(), is_named);
    REQUIRE(target != options().end());
    config_sources sources;
    sources.variables[std::string{x.name}] = other_value(*target);
    source{*target, "environment " + std::string{x.name}}.accepts(sources);
  }
}

TEST_CASE("every flag sets its option, and its value is checked") {
  for (const auto& x : options()) {
    if (x.flag.empty())
      continue;
    std::string name{x.flag};
    source flag{x, "flag " + name};
    flag.accepts(parse({name + "=" + other_value(x)}));
    flag.refuses(parse({name + "=" + invalid}));
  }
}

TEST_CASE("a flag may be repeated for a list, otherwise the last one counts") {
  auto sources = parse({"--listen", "a:1", "--listen", "b:2", "--io-threads",
                        "3", "--io-threads", "4", "--tls-self-signed"});
  CHECK(sources.flags["server.listen"] == "a:1,b:2");
  CHECK(sources.flags["server.io_threads"] == "4");
  CHECK(sources.flags["tls.self_signed"] == "true");
}

TEST_CASE("the help of a flag shows its kind of value and its default") {
  CLI::App app;
  config_sources ignored;
  add_config_flags(app, ignored);
  auto described = [&](const char* flag) {
    auto found = app.get_option(flag);
    auto text = type_of(*found) + ": " + found->get_description();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  };
  CHECK(described("--io-threads").starts_with("N: Threads "));
  CHECK(described("--io-threads").ends_with(" Default: 0"));
  CHECK(described("--max-frame-bytes").starts_with("SIZE: "));
  CHECK(described("--max-frame-bytes").ends_with(" Default: 16MiB"));
  CHECK(described("--idle-timeout").starts_with("TIME: "));
  CHECK(described("--idle-timeout").ends_with(" Default: 75s"));
  CHECK(described("--heartbeat-adaptive").starts_with("[BOOL]: "));
  CHECK(described("--heartbeat-adaptive").ends_with(" Default: true"));
  CHECK(described("--log-format").starts_with("NAME: "));
  CHECK(described("--log-format")
            .ends_with(" Takes one of auto, text, json. Default: auto"));
  CHECK(described("--data-dir").starts_with("DIR: "));
  CHECK(described("--data-dir").ends_with("~/.local/state/bridgekeeper."));
  CHECK(described("--audit-log").starts_with("FILE: "));
  CHECK(described("--audit-log").ends_with(" Default: none"));
  CHECK(described("--listen").starts_with("ADDRESS: "));
  CHECK(described("--console").starts_with("HOST:PORT: "));
  CHECK(described("--trusted-proxies").starts_with("ADDRESS: "));
  CHECK(described("--trusted-proxies").ends_with(" 127.0.0.0/8,::1"));
}

TEST_CASE("every option's row leads to a field of its own") {
  for (const auto& x : options()) {
    CAPTURE(full_name(x));
    auto changed = with_other(x);
    for (const auto& y : options())
      CHECK((to_plain(y, changed) != to_plain(y, config{})) == (&x == &y));
  }
}

TEST_CASE("a reload applies an option or leaves it, as its row says") {
  for (const auto& x : options()) {
    CAPTURE(full_name(x));
    auto wanted = with_other(x);
    auto change = compare(config{}, wanted);
    REQUIRE(change.applied.size() + change.left.size() == 1);
    CHECK((change.left.empty() ? change.applied : change.left).front() == &x);
    auto stays =
        x.when == takes_effect::at_start || full_name(x) == "tls.certificate";
    CHECK(change.left.empty() == !stays);
    CHECK(to_plain(x, change.values) == to_plain(x, stays ? config{} : wanted));
  }
}
