#include "app/cli/cli.hpp"
#include "app/cli/commands.hpp"
#include "app/scratch.hpp"
#include "store/audit/audit_log.hpp"

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

struct result {
  exit_code code;
  std::string out;
  std::string err;
};

result verify(const std::string& file) {
  constexpr add_command commands[] = {add_audit};
  captured_stream out{std::cout};
  captured_stream err{std::cerr};
  auto code =
      run_cli(commands, {"audit", "verify", file}, std::cout, std::cerr);
  return {code, out.text(), err.text()};
}

/// A log of three lines.
struct three_lines : scratch_file {
  three_lines() : scratch_file("") {
    store::audit_log log{{path()}, [](const std::string&) {}};
    for (auto i = 0; i < 3; ++i)
      log.append({.event = "auth_success"});
  }
};

} // namespace

TEST_CASE("verifying a log that is whole succeeds") {
  three_lines log;
  auto x = verify(log.path());
  CHECK(x.code == exit_code::ok);
  CHECK(x.out.starts_with("The chain is intact: 3 lines.\nNot checked: "));
  CHECK(x.err.empty());
}

TEST_CASE("verifying a log that was changed fails and names the line") {
  three_lines log;
  std::fstream file{log.path()};
  std::string first;
  std::getline(file, first);
  file << "x";
  file.close();
  auto x = verify(log.path());
  CHECK(x.code == exit_code::failure);
  CHECK(x.err
        == log.path()
               + ":2: this is not a line of an audit log\nThe chain is broken "
                 "there; the 1 lines before it are intact.\n");
}

TEST_CASE("verifying a file that is not there is wrong usage") {
  CHECK(verify("/nothing/here").code == exit_code::usage);
}
