#include "app/config/load_config.hpp"
#include "app/scratch.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

using strings = std::vector<std::string>;

std::string origin_of(const load_outcome& x, std::string_view section,
                      std::string_view key) {
  auto row = find_option(section, key);
  return x.origins.at(static_cast<std::size_t>(row - options().data()));
}

} // namespace

TEST_CASE("without any source everything is at its default") {
  auto loaded = load_config({});
  CHECK(loaded.ok());
  CHECK(loaded.warnings.empty());
  CHECK(loaded.values.heartbeat.timeout == seconds{30});
  CHECK(loaded.values.server.listen == strings{"127.0.0.1:8000"});
  for (const auto& x : loaded.origins)
    CHECK(x == "default");
}

TEST_CASE("a flag beats the environment, which beats the file") {
  scratch_file file{"[heartbeat]\ntimeout = 41\ntick = 1\n"
                    "[log]\nlevel = \"debug\"\n"};
  config_sources sources;
  sources.file = file.path();
  sources.variables["BRIDGEKEEPER_HEARTBEAT_TIMEOUT"] = "42";
  sources.variables["BRIDGEKEEPER_HEARTBEAT_TICK"] = "2";
  sources.flags["heartbeat.timeout"] = "43";
  auto loaded = load_config(sources);
  CHECK(loaded.ok());
  CHECK(loaded.values.heartbeat.timeout == seconds{43});
  CHECK(loaded.values.heartbeat.tick == seconds{2});
  CHECK(loaded.values.log.level == "debug");
  CHECK(origin_of(loaded, "heartbeat", "timeout")
        == "flag --heartbeat-timeout");
  CHECK(origin_of(loaded, "heartbeat", "tick")
        == "environment BRIDGEKEEPER_HEARTBEAT_TICK");
  CHECK(origin_of(loaded, "log", "level") == file.path() + ":5");
  CHECK(origin_of(loaded, "log", "format") == "default");
}

TEST_CASE("the environment can name the file, and a flag another one") {
  scratch_file one{"[server]\nbacklog = 1\n"};
  scratch_file two{"[server]\nbacklog = 2\n"};
  config_sources sources;
  sources.variables["BRIDGEKEEPER_CONFIG"] = one.path();
  CHECK(load_config(sources).values.server.backlog == 1);
  sources.file = two.path();
  CHECK(load_config(sources).values.server.backlog == 2);
}

TEST_CASE("the replaced server's audit variables count") {
  config_sources sources;
  sources.variables["VIBEFORGE_AUDIT_LOG_PATH"] = "/var/log/audit.log";
  sources.variables["VIBEFORGE_AUDIT_LOG_LEVEL"] = "WARNING";
  sources.variables["VIBEFORGE_AUDIT_LOG_MAX_BYTES"] = "1048576";
  sources.variables["VIBEFORGE_AUDIT_LOG_BACKUP_COUNT"] = "0";
  auto loaded = load_config(sources);
  CHECK(loaded.ok());
  CHECK(loaded.values.audit.path == "/var/log/audit.log");
  CHECK(loaded.values.audit.level == "warning");
  CHECK(loaded.values.audit.max_bytes == 1048576);
  CHECK(loaded.values.audit.backup_count == 0);
}

TEST_CASE("the replaced server's token variables add up") {
  config_sources sources;
  sources.variables["VIBEFORGE_AUTH_TOKEN"] = "with,comma\n";
  sources.variables["VIBEFORGE_AUTH_TOKENS"] = "alpha, beta,,";
  auto loaded = load_config(sources);
  CHECK(loaded.ok());
  CHECK(loaded.values.auth.tokens == strings{"with,comma", "alpha", "beta"});
  CHECK(origin_of(loaded, "auth", "tokens")
        == "environment VIBEFORGE_AUTH_TOKEN, VIBEFORGE_AUTH_TOKENS");
}

TEST_CASE("the replaced server's variables are weaker than our file") {
  scratch_file tokens{"alpha\n"};
  scratch_file file{"[auth]\ntokens = [\"gamma\"]\n"};
  config_sources sources;
  sources.file = file.path();
  sources.variables["VIBEFORGE_AUTH_TOKEN"] = "alpha";
  sources.variables["VIBEFORGE_AUTH_TOKEN_FILE"] = tokens.path();
  auto loaded = load_config(sources);
  CHECK(loaded.values.auth.tokens == strings{"gamma"});
  CHECK(loaded.values.auth.token_file == tokens.path());
  sources.variables["BRIDGEKEEPER_AUTH_TOKENS"] = "delta";
  CHECK(load_config(sources).values.auth.tokens == strings{"delta"});
}

// Contract section 5.
TEST_CASE("limits and costs have the replaced server's defaults and "
          "variables") {
  config_sources sources;
  auto loaded = load_config(sources);
  CHECK(loaded.values.limits.agent_per_minute == 10);
  CHECK(loaded.values.limits.ip_per_minute == 50);
  CHECK(loaded.values.cost.session_limit_usd == 5);
  CHECK(loaded.values.cost.daily_limit_usd == 10);
  CHECK(loaded.values.cost.warning_threshold == 0.8);
  CHECK(loaded.values.cost.per_thousand_tokens_usd == 0);
  sources.variables["VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN"] = "1";
  sources.variables["VIBEFORGE_RATE_LIMIT_IP_PER_MIN"] = "-1";
  sources.variables["VIBEFORGE_SESSION_COST_LIMIT_USD"] = "2.5";
  sources.variables["VIBEFORGE_DAILY_COST_LIMIT_USD"] = "0";
  sources.variables["VIBEFORGE_COST_WARNING_THRESHOLD"] = "0.9";
  sources.variables["VIBEFORGE_COST_PER_1K_TOKENS_USD"] = "0.003";
  loaded = load_config(sources);
  CHECK(loaded.ok());
  CHECK(loaded.values.limits.agent_per_minute == 1);
  CHECK(loaded.values.limits.ip_per_minute == -1);
  CHECK(loaded.values.cost.session_limit_usd == 2.5);
  CHECK(loaded.values.cost.daily_limit_usd == 0);
  CHECK(loaded.values.cost.warning_threshold == 0.9);
  CHECK(loaded.values.cost.per_thousand_tokens_usd == 0.003);
}

// A drop-in replacement starts with the environment it finds.
TEST_CASE("levels of Python's logging count as the nearest audit level") {
  auto level = [](const char* text) {
    config_sources sources;
    sources.variables["VIBEFORGE_AUDIT_LOG_LEVEL"] = text;
    auto loaded = load_config(sources);
    CAPTURE(text);
    CHECK(loaded.ok());
    CHECK(
        loaded.warnings
        == strings{"environment VIBEFORGE_AUDIT_LOG_LEVEL: " + std::string{text}
                   + " counts as " + loaded.values.audit.level});
    return loaded.values.audit.level;
  };
  CHECK(level("DEBUG") == "info");
  CHECK(level("debug") == "info");
  CHECK(level("Error") == "warning");
  CHECK(level("CRITICAL") == "warning");
  CHECK(level("WARN") == "warning");
  CHECK(level("FATAL") == "warning");
  CHECK(level("LOUD") == "info");
}

TEST_CASE("costs out of range in the replaced server's variables count as the "
          "nearest in it") {
  config_sources sources;
  sources.variables["VIBEFORGE_SESSION_COST_LIMIT_USD"] = "-1";
  sources.variables["VIBEFORGE_DAILY_COST_LIMIT_USD"] = " -0.5 ";
  sources.variables["VIBEFORGE_COST_WARNING_THRESHOLD"] = "1.5";
  auto loaded = load_config(sources);
  CHECK(loaded.ok());
  CHECK(loaded.values.cost.session_limit_usd == 0);
  CHECK(loaded.values.cost.daily_limit_usd == 0);
  CHECK(loaded.values.cost.warning_threshold == 1);
  CHECK(loaded.warnings
        == strings{
            "environment VIBEFORGE_SESSION_COST_LIMIT_USD: -1 counts as 0",
            "environment VIBEFORGE_DAILY_COST_LIMIT_USD: -0.5 counts as 0",
            "environment VIBEFORGE_COST_WARNING_THRESHOLD: 1.5 counts as 1"});
}

TEST_CASE("junk in the replaced server's variables does not refuse the start") {
  auto meaning = [](const std::string& name, const std::string& text) {
    config_sources sources;
    sources.variables[name] = text;
    auto loaded = load_config(sources);
    CAPTURE(name);
    CAPTURE(text);
    CHECK(loaded.ok());
    auto prefix = "environment " + name + ": " + text + " counts as ";
    if (loaded.warnings.empty())
      return std::string{"itself"};
    CHECK(loaded.warnings.size() == 1);
    CHECK(loaded.warnings.front().starts_with(prefix));
    return loaded.warnings.front().substr(prefix.size());
  };
  // What it ignores is the default.
  CHECK(meaning("VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN", "many") == "10");
  CHECK(meaning("VIBEFORGE_RATE_LIMIT_IP_PER_MIN", "10.5") == "50");
  CHECK(meaning("VIBEFORGE_AUDIT_LOG_MAX_BYTES", "100 MB") == "100MiB");
  CHECK(meaning("VIBEFORGE_AUDIT_LOG_BACKUP_COUNT", "x") == "10");
  CHECK(meaning("VIBEFORGE_DAILY_COST_LIMIT_USD", "-1 dollar") == "10");
  CHECK(meaning("VIBEFORGE_COST_WARNING_THRESHOLD", "nan") == "0.8");
  CHECK(meaning("VIBEFORGE_COST_PER_1K_TOKENS_USD", "free") == "0");
  // What it understands is the nearest.
  CHECK(meaning("VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN", "1_000") == "1000");
  CHECK(meaning("VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN", "+5") == "5");
  CHECK(meaning("VIBEFORGE_RATE_LIMIT_IP_PER_MIN", "99999999999999999999999")
        == "1000000");
  CHECK(meaning("VIBEFORGE_AUDIT_LOG_BACKUP_COUNT", "-1") == "0");
  CHECK(meaning("VIBEFORGE_AUDIT_LOG_MAX_BYTES", "-1") == "0");
  CHECK(meaning("VIBEFORGE_SESSION_COST_LIMIT_USD", "1_0.5") == "10.5");
  CHECK(meaning("VIBEFORGE_SESSION_COST_LIMIT_USD", "inf") == "1e+09");
  CHECK(meaning("VIBEFORGE_COST_WARNING_THRESHOLD", "1e999") == "1");
  // What both take needs no warning.
  CHECK(meaning("VIBEFORGE_RATE_LIMIT_IP_PER_MIN", "-1") == "itself");
  CHECK(meaning("VIBEFORGE_AUDIT_LOG_LEVEL", "WARNING") == "itself");
}

TEST_CASE("variables of our own are taken as they are") {
  for (const auto& variable : std::map<std::string, std::string>{
           {"BRIDGEKEEPER_AUDIT_LEVEL", "DEBUG"},
           {"BRIDGEKEEPER_COST_DAILY_LIMIT_USD", "-1"},
           {"BRIDGEKEEPER_COST_WARNING_THRESHOLD", "2"}}) {
    config_sources sources;
    sources.variables[variable.first] = variable.second;
    CAPTURE(variable.first);
    CAPTURE(variable.second);
    auto loaded = load_config(sources);
    CHECK(loaded.errors.size() == 1);
    CHECK(loaded.warnings.empty());
  }
}

TEST_CASE("an empty variable counts as unset") {
  config_sources sources;
  sources.variables["BRIDGEKEEPER_HEARTBEAT_TIMEOUT"] = "";
  sources.variables["BRIDGEKEEPER_CONFIG"] = "";
  sources.variables["VIBEFORGE_AUTH_TOKEN"] = "";
  auto loaded = load_config(sources);
  CHECK(loaded.ok());
  CHECK(loaded.values.auth.tokens.empty());
  CHECK(origin_of(loaded, "auth", "tokens") == "default");
}

TEST_CASE("all mistakes of all sources are reported, each with its place") {
  scratch_file file{"[server]\n"
                    "io_threads = -1\n"
                    "lisen = \"x\"\n"
                    "listen = \"nowhere\"\n"
                    "[heartbeat]\n"
                    "timeout = \"soon\"\n"};
  config_sources sources;
  sources.file = file.path();
  sources.variables["BRIDGEKEEPER_LOG_LEVEL"] = "loud";
  sources.flags["console.listen"] = "0.0.0.0:8001";
  auto errors = load_config(sources).errors;
  REQUIRE(errors.size() == 6);
  CHECK(errors[0].starts_with(file.path() + ":2: server.io_threads: found -1"));
  CHECK(errors[1]
        == file.path()
               + ":3: server.lisen: unknown key; did you mean server.listen?");
  CHECK(errors[2].starts_with(file.path()
                              + ":4: server.listen: found \"nowhere\""));
  CHECK(errors[3].starts_with(file.path() + ":6: heartbeat.timeout: found"));
  CHECK(errors[4].starts_with("environment BRIDGEKEEPER_LOG_LEVEL: found "
                              "\"loud\", expected one of trace"));
  CHECK(errors[5].starts_with("flag --console: found \"0.0.0.0:8001\""));
}

TEST_CASE("a mistake in a weaker source is reported as well") {
  config_sources sources;
  sources.variables["BRIDGEKEEPER_HEARTBEAT_TIMEOUT"] = "never";
  sources.flags["heartbeat.timeout"] = "30";
  CHECK(load_config(sources).errors.size() == 1);
}

TEST_CASE("a missing file is an error that names it") {
  config_sources sources;
  sources.file = "/nonexistent/x.toml";
  auto loaded = load_config(sources);
  REQUIRE(loaded.errors.size() == 1);
  CHECK(loaded.errors[0]
        == "/nonexistent/x.toml: cannot be read: No such file or directory");
  auto text = error_text(loaded);
  CHECK(text.find("  /nonexistent/x.toml: cannot be read") != text.npos);
  CHECK(text.find("serve --help") != text.npos);
}

TEST_CASE("no message shows a token") {
  scratch_file file{"[auth]\ntokens = \"s3cret\\u0001\"\n"};
  config_sources sources;
  sources.file = file.path();
  sources.variables["BRIDGEKEEPER_AUTH_TOKENS"] = "s3cret\x01";
  sources.variables["VIBEFORGE_AUTH_TOKENS"] = "s3cret\x02";
  auto loaded = load_config(sources);
  CHECK(loaded.errors.size() == 3);
  CHECK(error_text(loaded).find("s3cret") == std::string::npos);
}

TEST_CASE("no message shows a token that was put in a wrong place") {
  scratch_file file{"bk_secret1 = 1\n"
                    "[server]\nbk_secret2 = 1\nbacklog = \"bk_secret3\"\n"
                    "listen = [\"127.0.0.1:1\", \"bk_secret4\"]\n"
                    "[auth]\nmake_token = \"secret5\"\n"
                    "[bk_secret6]\nx = 1\n"};
  config_sources sources;
  sources.file = file.path();
  sources.variables["BRIDGEKEEPER_LOG_LEVEL"] = "bk_secret7";
  sources.variables["BRIDGEKEEPER_AUTH_FAILURE_DELAY"] = "secret8";
  auto errors = load_config(sources).errors;
  CHECK(errors.size() == 8);
  for (const auto& error : errors) {
    CAPTURE(error);
    CHECK(error.find("secret") == std::string::npos);
  }
  sources = {};
  sources.variables["VIBEFORGE_AUTH_TOKEN_FILE"] = "secret9";
  sources.variables["BRIDGEKEEPER_AUTH_SCOPED_TOKEN_FILE"] = "bk_secret10";
  auto warnings = load_config(sources).warnings;
  CHECK(warnings.size() == 2);
  for (const auto& warning : warnings) {
    CAPTURE(warning);
    CHECK(warning.find("secret") == std::string::npos);
  }
}

TEST_CASE("a token in the place of a whole line of TOML is not shown") {
  for (auto text : {"bk_secret\n", "[auth]\nbk_secret\n",
                    "[auth]\nbk_secret = 1\nbk_secret = 2\n"}) {
    CAPTURE(text);
    scratch_file file{text};
    config_sources sources;
    sources.file = file.path();
    auto loaded = load_config(sources);
    CHECK_FALSE(loaded.ok());
    CHECK(error_text(loaded).find("secret") == std::string::npos);
  }
}

TEST_CASE("an unknown variable of a known section is a warning") {
  config_sources sources;
  sources.variables["BRIDGEKEEPER_HEARTBEAT_TIMOUT"] = "3";
  sources.variables["BRIDGEKEEPER_URL"] = "http://localhost";
  sources.variables["BRIDGEKEEPER_PORT_8000_TCP"] = "tcp://10.0.0.1:8000";
  auto loaded = load_config(sources);
  CHECK(loaded.ok());
  REQUIRE(loaded.warnings.size() == 1);
  CHECK(loaded.warnings[0]
        == "environment BRIDGEKEEPER_HEARTBEAT_TIMOUT: unknown variable; did "
           "you mean BRIDGEKEEPER_HEARTBEAT_TIMEOUT?");
}

TEST_CASE("an address cannot be listened on twice, but for port 0") {
  config_sources sources;
  sources.flags["server.listen"] = "127.0.0.1:8001";
  auto loaded = load_config(sources);
  REQUIRE(loaded.errors.size() == 1);
  CHECK(loaded.errors[0]
        == "console.listen: \"127.0.0.1:8001\" is listened on twice; give "
           "each its own port");
  sources.flags["server.listen"] = "127.0.0.1:0,127.0.0.1:0";
  sources.flags["console.listen"] = "127.0.0.1:0";
  CHECK(load_config(sources).ok());
}

TEST_CASE("what is allowed and probably not meant is a warning") {
  scratch_file file{"[auth]\nmake_token = false\n"};
  config_sources sources;
  sources.file = file.path();
  sources.flags["heartbeat.timeout"] = "2";
  auto loaded = load_config(sources);
  CHECK(loaded.ok());
  CHECK(loaded.warnings.size() == 2);
  sources.flags["heartbeat.tick"] = "1";
  sources.flags["auth.token_file"] = "/nonexistent/tokens";
  loaded = load_config(sources);
  REQUIRE(loaded.warnings.size() == 1);
  CHECK(loaded.warnings[0]
        == "auth.token_file: cannot be read: No such file or directory");
}

TEST_CASE("settings of TLS that do not go together are refused") {
  auto complaints = [](std::map<std::string, std::string> flags) {
    config_sources sources;
    for (auto& [name, value] : flags)
      sources.flags[name] = value;
    return load_config(sources).errors;
  };
  using texts = std::vector<std::string>;
  CHECK(complaints({{"tls.certificate", "c.pem"}})
        == texts{"tls.key: missing; tls.certificate needs its key"});
  CHECK(complaints({{"tls.key", "k.pem"}})
        == texts{"tls.certificate: missing; tls.key needs its certificate"});
  CHECK(complaints({{"tls.certificate", "c.pem"},
                    {"tls.key", "k.pem"},
                    {"tls.self_signed", "true"}})
        == texts{"tls.self_signed: it cannot be combined with tls.certificate "
                 "or tls.key"});
  CHECK(complaints({{"tls.self_signed", "true"},
                    {"tls.client_certificates", "required"}})
        == texts{"tls.client_ca: missing; tls.client_certificates is "
                 "\"required\", which needs the authorities that sign them"});
  CHECK(complaints({{"tls.client_certificates", "optional"},
                    {"tls.client_ca", "ca.pem"}})
        == texts{"tls.certificate: missing; clients can present a certificate "
                 "only over TLS"});
  CHECK(
      complaints({{"tls.certificate", "c.pem"}, {"tls.key", "k.pem"}}).empty());
}
