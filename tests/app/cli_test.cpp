#include "app/cli/cli.hpp"
#include "app/command_line/version.hpp"
#include "app/scratch.hpp"
#include "domain/version.hpp"

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

#include <array>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

void add_obedient(CLI::App& app, command_outcome& out) {
  auto command = app.add_subcommand("obedient", "Exits with what it is given.");
  auto code = std::make_shared<int>(0);
  command->add_option("--code", *code);
  command->callback([&out, code] { out.code = static_cast<exit_code>(*code); });
}

void add_telling(CLI::App& app, command_outcome&) {
  app.add_subcommand("telling", "Takes a text.")
      ->add_option("TEXT")
      ->type_name("")
      ->required();
}

void add_failing(CLI::App& app, command_outcome&) {
  app.add_subcommand("failing", "Throws.")->callback([] {
    throw std::runtime_error("the disk is full");
  });
}

struct result {
  exit_code code;
  std::string out;
  std::string err;
};

result run(std::vector<std::string> arguments) {
  constexpr add_command commands[] = {add_obedient,     add_telling,
                                      add_failing,      add_serve,
                                      add_check_config, add_version};
  captured_stream out{std::cout};
  captured_stream err{std::cerr};
  auto code = run_cli(commands, std::move(arguments), std::cout, std::cerr);
  return {code, out.text(), err.text()};
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// An environment variable, for as long as the object lives.
struct scoped_variable {
  scoped_variable(const char* variable, const char* value) : name(variable) {
    ::setenv(name, value, 1);
  }

  ~scoped_variable() {
    ::unsetenv(name);
  }

  const char* name;
};

} // namespace

TEST_CASE("without a subcommand there is help and exit code 2") {
  auto x = run({});
  CHECK(x.code == exit_code::usage);
  CHECK(x.out.empty());
  CHECK(contains(x.err, "Subcommands:"));
  CHECK(contains(x.err, "Exit codes:"));
}

TEST_CASE("asking for help is no mistake") {
  auto x = run({"--help"});
  CHECK(x.code == exit_code::ok);
  CHECK(contains(x.out, "check-config"));
  CHECK(x.err.empty());
  for (auto name : {"serve", "check-config", "version"}) {
    auto y = run({name, "--help"});
    CAPTURE(name);
    CHECK(y.code == exit_code::ok);
    CHECK(contains(y.out, "Examples:"));
    CHECK(contains(y.out, "Exit code"));
  }
}

TEST_CASE("a subcommand decides on the exit code") {
  CHECK(run({"obedient"}).code == exit_code::ok);
  CHECK(run({"obedient", "--code", "6"}).code == exit_code::timed_out);
}

TEST_CASE("an exception out of a subcommand is told and is exit code 1") {
  auto x = run({"failing"});
  CHECK(x.code == exit_code::failure);
  CHECK(x.err == "bridgekeeper failing: the disk is full\n");
}

TEST_CASE("an unknown flag or command is told with what to do next") {
  auto x = run({"serve", "--lisen", "localhost:1"});
  CHECK(x.code == exit_code::usage);
  CHECK(x.err
        == "bridgekeeper serve: unknown flag --lisen; did you mean --listen?\n"
           "Run `bridgekeeper serve --help` for usage.\n");
  auto y = run({"sevre"});
  CHECK(y.code == exit_code::usage);
  CHECK(y.err
        == "bridgekeeper: unknown command sevre; did you mean serve?\n"
           "Run `bridgekeeper --help` for usage.\n");
  auto z = run({"serve", "now"});
  CHECK(z.code == exit_code::usage);
  CHECK(contains(z.err, "bridgekeeper serve: unexpected argument now\n"));
  auto w = run({"serve", "--listen"});
  CHECK(w.code == exit_code::usage);
  CHECK(contains(w.err, "--listen"));
}

TEST_CASE("a text that looks like a flag is not reported as missing") {
  auto x = run({"telling", "-x"});
  CHECK(x.code == exit_code::usage);
  CHECK(x.err
        == "bridgekeeper telling: unknown flag -x\nPut -- before text that "
           "begins with a hyphen: bridgekeeper telling … -- '-x…'\n"
           "Run `bridgekeeper telling --help` for usage.\n");
  CHECK(contains(run({"telling"}).err, "TEXT is required"));
  CHECK(contains(run({"telling", "--"}).err, "TEXT is required"));
  CHECK(run({"telling", "--", "-x"}).code == exit_code::ok);
}

TEST_CASE("the version command names the libraries") {
  auto x = run({"version"});
  CHECK(x.code == exit_code::ok);
  CHECK(x.out.starts_with("bridgekeeper " + std::string{version()} + "\n"));
  for (auto name : {"CAF 0.", "Boost 1.", "OpenSSL ", "nlohmann/json "})
    CHECK(contains(x.out, name));
  CHECK(run({"--version"}).code == exit_code::ok);
}

TEST_CASE("check-config prints each value with its origin") {
  scratch_file file{"[log]\nlevel = \"debug\"\n"};
  scoped_variable tick{"BRIDGEKEEPER_HEARTBEAT_TICK", "3"};
  scoped_variable tokens{"BRIDGEKEEPER_AUTH_TOKENS", "s3cret,s3cret-too"};
  auto x =
      run({"check-config", "--config", file.path(), "--listen", "127.0.0.1:1",
           "--listen=127.0.0.1:2", "--io-threads", "1", "--io-threads", "2"});
  CHECK(x.code == exit_code::ok);
  auto line = [&](std::string_view start) {
    auto i = x.out.find("\n" + std::string{start});
    return i == std::string::npos
               ? std::string{}
               : x.out.substr(i + 1, x.out.find('\n', i + 1) - i - 1);
  };
  CHECK(line("level = \"debug\"").ends_with(" # " + file.path() + ":2"));
  CHECK(
      line("tick = 3").ends_with(" # environment BRIDGEKEEPER_HEARTBEAT_TICK"));
  CHECK(line("listen = [\"127.0.0.1:1\", \"127.0.0.1:2\"]")
            .ends_with(" # flag --listen"));
  CHECK(line("io_threads = 2").ends_with(" # flag --io-threads"));
  CHECK(line("backlog = 1024").ends_with(" # default"));
  CHECK(line("# tokens: 2 tokens")
            .ends_with(" # environment BRIDGEKEEPER_AUTH_TOKENS"));
  CHECK_FALSE(contains(x.out + x.err, "s3cret"));
}

TEST_CASE("a switch is on by itself, or what it is given") {
  auto on = run({"check-config", "--tls-self-signed", "--io-threads", "2"});
  CHECK(on.code == exit_code::ok);
  CHECK(contains(on.out, "self_signed = true"));
  CHECK(contains(on.out, "io_threads = 2"));
  auto off = run({"check-config", "--heartbeat-adaptive=false"});
  CHECK(contains(off.out, "adaptive = false"));
  auto odd = run({"check-config", "--heartbeat-adaptive", "maybe"});
  CHECK(odd.code == exit_code::usage);
}

TEST_CASE("a wrong configuration is exit code 2 for check-config and serve") {
  for (auto name : {"check-config", "serve"}) {
    CAPTURE(name);
    auto x = run({name, "--listen", "nowhere", "--heartbeat-timeout", "0"});
    CHECK(x.code == exit_code::usage);
    CHECK(x.out.empty());
    CHECK(contains(x.err, "flag --listen: found \"nowhere\""));
    CHECK(contains(x.err, "flag --heartbeat-timeout: found \"0\""));
  }
}

TEST_CASE("check-config refuses a certificate that serve does not start "
          "with") {
  auto x = run({"check-config", "--tls-certificate", "/nonexistent/c.pem",
                "--tls-key", "/nonexistent/k.pem"});
  CHECK(x.code == exit_code::usage);
  CHECK(x.out.empty());
  CHECK(contains(x.err, "Cannot use the certificate /nonexistent/c.pem"));
  CHECK(contains(x.err, "tls.certificate"));
}

TEST_CASE("check-config shows warnings and still succeeds") {
  auto x = run({"check-config", "--heartbeat-timeout", "1"});
  CHECK(x.code == exit_code::ok);
  CHECK(contains(x.err, "warning: heartbeat.tick"));
}

TEST_CASE(
    "every option with a flag is in the help of serve, with its default") {
  auto help = run({"serve", "--help"}).out;
  for (auto flag :
       {"--listen", "--data-dir", "--io-threads", "--max-connections",
        "--token-file", "--register-timeout", "--heartbeat-timeout",
        "--heartbeat-tick", "--dispatch-timeout", "--drain-timeout",
        "--console", "--log-level", "--log-format", "--config"}) {
    CAPTURE(flag);
    CHECK(contains(help, std::string{"\n  "} + flag + " "));
  }
  CHECK(contains(help, "Default: 127.0.0.1:8000"));
}
