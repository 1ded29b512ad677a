#include "app/command_line/choices.hpp"
#include "app/command_line/completion_words.hpp"
#include "app/command_line/help_format.hpp"
#include "app/command_line/shell_completion.hpp"
#include "support/has.hpp"

#include <CLI/CLI.hpp>
#include <boost/algorithm/string/join.hpp>
#include <doctest/doctest.h>

using namespace bridgekeeper::app;
using bridgekeeper::test::has;

namespace {

/// A program with one command that has a command of its own, and with help.
struct completed_example {
  completed_example() {
    program.formatter(make_help_format());
    program.add_flag("--loud")->description("Says more. It's --loud");
    auto token = program.add_subcommand("token", "Manage tokens.");
    auto made = token->add_subcommand("new", "Make one.");
    made->add_option("--file", file, "Where it goes")->type_name("FILE");
    made->add_option("--level", level, "How much: high or low")
        ->check(CLI::IsMember{{"high", "low"}})
        ->type_name("LEVEL")
        ->capture_default_str();
    made->add_option("--tone", tone, "Any of many")
        ->check(choices("red, blue"));
    auto shell = program.add_subcommand("shell", "Print a script.");
    shell->add_option("SHELL", file, "Which")
        ->check(CLI::IsMember{{"bash", "zsh"}})
        ->type_name("");
    program.add_subcommand("help", "Explain a command.");
    program.add_subcommand("secret", "Not shown.")->group("");
  }

  CLI::App program{"An example.", "example"};
  std::string file;
  std::string level = "low";
  std::string tone;
};

/// The words after a path.
std::string after(const CLI::App& program, const std::string& path) {
  std::vector<std::string> out;
  for (const auto& x : completion_places(program))
    if (x.path == path)
      for (const auto& word : x.words)
        out.push_back(word.text);
  return boost::algorithm::join(out, " ");
}

} // namespace

TEST_CASE("completions know commands, flags and which flags take files") {
  completed_example x;
  auto bash = bash_completion(x.program);
  CAPTURE(bash);
  CHECK(has(bash, "' token'|' token new'|"));
  CHECK(has(bash, "--file) COMPREPLY=($(compgen -f"));
  CHECK(has(bash, "' token new') words='--help --file --level --tone'"));
  CHECK_FALSE(has(bash, "secret"));
  CHECK(has(bash, "-F _bridgekeeper_bridge bridgekeeper-bridge\n"));
  auto zsh = zsh_completion(x.program);
  CAPTURE(zsh);
  CHECK(has(zsh, "'--loud:Says more. It'\\''s --loud'"));
  CHECK(has(zsh, "'token:Manage tokens.'"));
  CHECK(has(zsh, "#compdef bridgekeeper bridgekeeper-bridge\n"));
}

TEST_CASE("completions know the values of flags from their definitions") {
  completed_example x;
  std::string found;
  for (const auto& choice : completion_choices(x.program))
    found += choice.path + " " + choice.flag + "="
             + boost::algorithm::join(choice.values, ",") + ";";
  CHECK(found == " token new --level=high,low; token new --tone=red,blue;");
  CHECK(has(bash_completion(x.program),
            "' token new --level') _bridgekeeper_values 'high low'"));
  CHECK(has(zsh_completion(x.program),
            "' token new --level') _bridgekeeper_values 'high low'"));
}

TEST_CASE("completions know the values of arguments, and commands after help") {
  completed_example x;
  CHECK(after(x.program, " shell") == "bash zsh --help");
  CHECK(after(x.program, " help") == "--help token shell help");
  CHECK(after(x.program, " help token") == "new");
  CHECK(after(x.program, " help token new").empty());
}

TEST_CASE("help says in words which values a flag takes, and not twice") {
  completed_example x;
  auto text = x.program.get_subcommand("token")->get_subcommand("new")->help();
  CAPTURE(text);
  // The second form is that of later versions of CLI11.
  CHECK((has(text, "--level LEVEL=low") || has(text, "--level LEVEL [low]")));
  CHECK_FALSE(has(text, "{"));
  CHECK_FALSE(has(x.program.get_subcommand("shell")->help(), "{"));
}
