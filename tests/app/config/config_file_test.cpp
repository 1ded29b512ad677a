#include "app/config/config_file.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

std::string only_error(std::string_view text) {
  auto file = parse_config_file(text);
  if (file.errors.size() != 1)
    return std::to_string(file.errors.size()) + " errors";
  return std::to_string(file.errors[0].line) + ": " + file.errors[0].text;
}

} // namespace

TEST_CASE("a file's values arrive with their type and line") {
  auto file = parse_config_file("[server]\n"
                                "listen = [\"a:1\", \"b:2\"]\n"
                                "io_threads = 2\n"
                                "\n"
                                "[heartbeat]\n"
                                "timeout = 0.5\n"
                                "adaptive = false\n");
  CHECK(file.errors.empty());
  REQUIRE(file.settings.size() == 4);
  for (const auto& x : file.settings) {
    if (full_name(*x.target) == "server.listen") {
      CHECK(x.line == 2);
      CHECK(std::get<std::vector<std::string>>(x.value).size() == 2);
    } else if (full_name(*x.target) == "server.io_threads") {
      CHECK(std::get<std::int64_t>(x.value) == 2);
    } else if (full_name(*x.target) == "heartbeat.timeout") {
      CHECK(x.line == 6);
      CHECK(std::get<double>(x.value) == 0.5);
    } else {
      CHECK(std::get<bool>(x.value) == false);
    }
  }
}

TEST_CASE("an unknown key is an error with a suggestion") {
  CHECK(only_error("[heartbeat]\ntimout = 3\n")
        == "2: heartbeat.timout: unknown key; did you mean "
           "heartbeat.timeout?");
  CHECK(only_error("[heartbeat]\ncolour = 3\n")
        == "2: heartbeat.colour: unknown key");
}

TEST_CASE("a key in the wrong table is sent to the right one") {
  CHECK(only_error("[server]\nidle_timeout = 3\n")
        == "2: server.idle_timeout: unknown key; did you mean "
           "http.idle_timeout?");
}

TEST_CASE("an unknown table is an error with a suggestion") {
  CHECK(only_error("\n[hartbeat]\ntimeout = 3\n")
        == "2: hartbeat: unknown table; did you mean heartbeat?");
  CHECK(only_error("[[colour]]\nx = 1\n") == "1: colour: unknown table");
}

TEST_CASE("a key outside of any table is an error") {
  CHECK(only_error("timeout = 3\n")
        == "1: timeout: unknown key; every key belongs in a table, such as "
           "[server]");
  CHECK(only_error("log = \"debug\"\n") == "1: log: expected a table, [log]");
  CHECK(only_error("[[log]]\nlevel = \"debug\"\n")
        == "1: log: expected a table, [log]");
}

TEST_CASE("text that is not TOML is an error with its line") {
  CHECK(only_error("[server]\nlisten = \n").starts_with("2: "));
  CHECK(only_error("[server]\nbacklog = 1\nbacklog = 2\n").starts_with("3: "));
  CHECK(only_error("\xff\xfe").starts_with("1: "));
}

// It ended programs with assertions.
TEST_CASE("a table's name that begins like none is an error with its line") {
  CHECK(only_error("\n[=]\n").starts_with("2: "));
  CHECK(only_error("[ ,x]").starts_with("1: "));
}

// It was undefined behaviour.
TEST_CASE("text beyond ASCII is read, in comments and in the wrong places") {
  CHECK(only_error("# gr\u00fc\u00dfe \u3042\n[log]\nf\u00e4rbe = 1\n")
            .starts_with("3: "));
  CHECK(only_error("a\u0499..c = 1").starts_with("1: "));
  auto file = parse_config_file("[server]\ndata_dir = \"gr\u00fc\u00dfe\"");
  REQUIRE(file.settings.size() == 1);
  CHECK(std::get<std::string>(file.settings[0].value) == "gr\u00fc\u00dfe");
}

TEST_CASE("a file that cannot be read is an error") {
  auto missing = read_config_file("/nonexistent/bridgekeeper.toml");
  REQUIRE(missing.errors.size() == 1);
  CHECK(missing.errors[0].line == 0);
  CHECK(missing.errors[0].text == "cannot be read: No such file or directory");
  auto directory = read_config_file("/");
  REQUIRE(directory.errors.size() == 1);
  CHECK(directory.errors[0].text == "cannot be read: it is a directory");
}

TEST_CASE("a key of very many parts does not end the program") {
  std::string deep = "a";
  for (auto i = 0; i < 100'000; ++i)
    deep += ".a";
  auto expected = "1: a key with more than 256 dots";
  CHECK(only_error(deep + " = 1") == expected);
  CHECK(only_error("[" + deep + "]") == expected);
  CHECK(only_error("x = { " + deep + " = 1 }") == expected);
  CHECK(only_error("\n'a'." + deep + " = 1")
        == "2: a key with more than 256 dots");
  // Dots in a string are no depth.
  auto file = parse_config_file("[audit]\npath = \"" + deep + "\"\n");
  CHECK(file.errors.empty());
  CHECK(file.settings.size() == 1);
}
