#include "app/cli/cli.hpp"
#include "app/cli/commands.hpp"
#include "app/scratch.hpp"
#include "app/tokens/scratch_directory.hpp"
#include "app/tokens/token_book.hpp"
#include "support/has.hpp"

#include <doctest/doctest.h>

using bridgekeeper::test::has;
using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

struct outcome {
  exit_code code;
  std::string out;
  std::string err;
};

struct command_world {
  scratch_directory dir;

  outcome token(std::vector<std::string> arguments) {
    constexpr add_command commands[] = {add_token};
    arguments.insert(arguments.begin(), "token");
    arguments.insert(arguments.end(), {"--data-dir", dir.path().string()});
    captured_stream out{std::cout};
    captured_stream err{std::cerr};
    auto code = run_cli(commands, std::move(arguments), std::cout, std::cerr);
    return {code, out.text(), err.text()};
  }

  std::vector<token_grant> grants() const {
    return read_scoped_tokens(dir.path() / "tokens", missing_tokens::none)
        .grants;
  }
};

} // namespace

TEST_CASE_FIXTURE(command_world, "a new token is alone on standard output, and "
                                 "its hash is in the file") {
  auto x = token({"new", "--label", "farm", "--scope", "bridge,read", "--agent",
                  "build-*", "--expires", "2999-01-31"});
  CHECK(x.code == exit_code::ok);
  REQUIRE(x.out.ends_with("\n"));
  auto secret = x.out.substr(0, x.out.size() - 1);
  CHECK(secret.starts_with("bk_"));
  CHECK_FALSE(has(x.err, secret));
  CHECK(has(x.err, "Token farm (bridge:build-*,read) was added to "));
  CHECK_FALSE(has(dir.read("tokens"), secret));
  REQUIRE(grants().size() == 1);
  auto grant = grants().front();
  CHECK(grant.label == "farm");
  CHECK(grant.digest == digest_of(secret));
  CHECK(grant.agents == "build-*");
  CHECK(grant.expires == parse_iso8601("2999-01-31"));
}

TEST_CASE_FIXTURE(command_world, "tokens are listed without anything secret") {
  auto none = token({"list"});
  CHECK(none.code == exit_code::ok);
  CHECK(none.out.empty());
  CHECK(has(none.err, "There are no tokens in "));
  auto secret = token({"new", "--label", "panel", "--scope", "control"}).out;
  auto x = token({"list"});
  CHECK(x.code == exit_code::ok);
  CHECK(has(x.out, "LABEL  SCOPES   EXPIRES"));
  CHECK(has(x.out, "panel  control  never"));
  CHECK_FALSE(has(x.out, "bk_"));
  CHECK_FALSE(has(x.out, "sha256"));
}

TEST_CASE_FIXTURE(command_world, "a revoked token is gone from the file") {
  token({"new", "--label", "a", "--scope", "read"});
  token({"new", "--label", "b", "--scope", "read"});
  auto x = token({"revoke", "a"});
  CHECK(x.code == exit_code::ok);
  CHECK(x.out.empty());
  REQUIRE(grants().size() == 1);
  CHECK(grants()[0].label == "b");
  auto again = token({"revoke", "a"});
  CHECK(again.code == exit_code::failure);
  CHECK(has(again.err, "There is no token a in "));
  CHECK(has(again.err, "bridgekeeper token list"));
}

TEST_CASE_FIXTURE(command_world, "a token given for its label is not "
                                 "repeated") {
  auto x = token({"revoke", "bk_0123abcd"});
  CHECK(x.code == exit_code::failure);
  CHECK_FALSE(has(x.err, "0123"));
  CHECK(has(x.err, "There is no token bk_… in "));
  CHECK(has(x.err, "bridgekeeper token list"));
  CHECK_FALSE(has(token({"revoke", "a", "bk_0123abcd"}).err, "0123"));
}

TEST_CASE_FIXTURE(command_world, "a label is given once") {
  token({"new", "--label", "a", "--scope", "read"});
  auto x = token({"new", "--label", "a", "--scope", "control"});
  CHECK(x.code == exit_code::failure);
  CHECK(x.out.empty());
  CHECK(has(x.err, "There is already a token a"));
  CHECK(has(x.err, "bridgekeeper token revoke a"));
  CHECK(grants().size() == 1);
}

TEST_CASE_FIXTURE(command_world, "wrong values are told, and make nothing") {
  auto refusal = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "new");
    auto x = token(std::move(arguments));
    CHECK(x.code == exit_code::usage);
    CHECK(x.out.empty());
    return x.err;
  };
  CHECK(has(refusal({"--label", "a b", "--scope", "read"}), "--label: "));
  CHECK(has(refusal({"--label", "bk_x", "--scope", "read"}), "--label: "));
  CHECK(has(refusal({"--label", "a", "--scope", "all"}), "--scope: "));
  CHECK(has(refusal({"--label", "a", "--scope", "read", "--agent", "x"}),
            "--scope bridge"));
  CHECK(has(refusal({"--label", "a", "--scope", "bridge", "--agent", "x y"}),
            "--agent: "));
  CHECK(has(refusal({"--label", "a", "--scope", "read", "--expires", "2001"}),
            "--expires: "));
  CHECK(has(refusal({"--label", "a"}), "--scope"));
  CHECK_FALSE(std::filesystem::exists(dir.path() / "tokens"));
}

TEST_CASE_FIXTURE(command_world, "nothing is added to a file that is wrong") {
  dir.write("tokens", "nonsense\n");
  auto x = token({"new", "--label", "a", "--scope", "read"});
  CHECK(x.code == exit_code::failure);
  CHECK(x.out.empty());
  CHECK(has(x.err, "tokens:1: the first column"));
  CHECK(dir.read("tokens") == "nonsense\n");
  CHECK(token({"list"}).code == exit_code::failure);
}

TEST_CASE_FIXTURE(command_world, "token alone asks for more") {
  CHECK(token({}).code == exit_code::usage);
}
