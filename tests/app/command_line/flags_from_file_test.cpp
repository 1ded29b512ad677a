#include "app/command_line/flags_from_file.hpp"
#include "app/scratch.hpp"

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

using namespace bridgekeeper::app;

namespace {

/// A command with the usual kinds of flags.
struct flags_example {
  flags_example() {
    app.add_option("--name", name);
    app.add_option("--count", count)->check(CLI::Range(1, 9));
    app.add_option("--word", words)->allow_extra_args(false);
    app.add_option("--config", config);
  }

  /// Parses the command line, then the file. Returns the complaint.
  std::string parse(const std::string& line, std::string_view file) {
    scratch_file place{file};
    path = place.path();
    try {
      app.parse(line);
      set_flags_from_file(app, path);
    } catch (const CLI::ParseError& error) {
      return error.what();
    }
    return {};
  }

  CLI::App app;
  std::string name = "default";
  int count = 1;
  std::vector<std::string> words;
  std::string config;
  std::string path;
};

} // namespace

TEST_CASE("a file sets the flags that the command line does not") {
  flags_example x;
  CHECK(x.parse("--name line", "name = \"file\"\ncount = 3\n"
                               "word = [\"a\", \"b\"]\n")
        == "");
  CHECK(x.name == "line");
  CHECK(x.count == 3);
  CHECK(x.words == std::vector<std::string>{"a", "b"});
}

TEST_CASE("an unknown flag in a file is named with its line and a suggestion") {
  flags_example x;
  auto complaint = x.parse("", "count = 3\nnmae = \"x\"\n");
  CHECK(complaint == x.path + ":2: nmae: unknown key; did you mean name?");
  flags_example y;
  complaint = y.parse("", "config = \"other\"\n");
  CHECK(complaint == y.path + ":1: config: unknown key");
}

TEST_CASE("a value that the flag rejects is named with its line") {
  flags_example x;
  auto complaint = x.parse("", "\ncount = 12\n");
  CHECK(complaint.starts_with(x.path + ":2: --count: "));
}

TEST_CASE("a file that cannot be read is an error") {
  flags_example x;
  x.app.parse("");
  CHECK_THROWS_AS(set_flags_from_file(x.app, "/nonexistent"), CLI::ParseError);
}
