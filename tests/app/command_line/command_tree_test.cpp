#include "app/command_line/command_tree.hpp"
#include "app/command_line/man_page.hpp"
#include "support/has.hpp"

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

using namespace bridgekeeper::app;
using bridgekeeper::test::has;

namespace {

/// A program with one command that has a command of its own.
struct example {
  example() {
    program.add_flag("--loud")->description("Says more. It's --loud");
    auto token = program.add_subcommand("token", "Manage tokens.");
    auto made = token->add_subcommand("new", "Make one.");
    made->add_option("--file", file, "Where it goes")->type_name("FILE");
    made->add_option("NAME", name, "Its name")->type_name("")->required();
    made->footer("It is secret.\n\nExamples:\n  example token new .x\n\n"
                 "Exit codes: 0 done.");
    program.add_subcommand("secret", "Not shown.")->group("");
  }

  CLI::App program{"An example.", "example"};
  std::string file;
  std::string name;
};

} // namespace

TEST_CASE("the commands of a program are found with the words that lead to "
          "them") {
  example x;
  std::string names;
  for (const auto& command : all_commands(x.program))
    names += command.name + ";";
  CHECK(names == "example;example token;example token new;");
}

TEST_CASE("a command and a program of its own have their own names") {
  example x;
  CHECK(full_name(x.program) == "example");
  CHECK(full_name(*x.program.get_subcommand("token")->get_subcommand("new"))
        == "example token new");
}

TEST_CASE("a manual page has what the help has") {
  example x;
  auto all = all_commands(x.program);
  CHECK(man_page_file(all[2]) == "example-token-new.1");
  auto page = man_page(all[2]);
  CAPTURE(page);
  CHECK(has(page, ".TH EXAMPLE-TOKEN-NEW 1"));
  CHECK(has(page, "example\\-token\\-new \\- Make one."));
  CHECK(has(page, "[\\fIOPTION\\fR]... \\fINAME\\fR"));
  CHECK(has(page, "\\fB\\-\\-file\\fR \\fIFILE\\fR\nWhere it goes\n"));
  CHECK(has(page, ".SH EXAMPLES\n.nf\n  example token new .x\n.fi\n"));
  CHECK(has(man_page(all[1]), "\\fBexample\\-token\\-new\\fR(1)"));
}
