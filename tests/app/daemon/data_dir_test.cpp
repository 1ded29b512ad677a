#include "app/daemon/data_dir.hpp"
#include "app/scratch_dir.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <stdexcept>
#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::app;
namespace fs = std::filesystem;

TEST_CASE("a data directory that is made is for its owner alone") {
  scratch_dir parent;
  auto path = parent.path() / "data";
  data_dir made{path};
  CHECK(fs::status(path).permissions() == fs::perms::owner_all);
}

TEST_CASE("a data directory that was there keeps its mode") {
  scratch_dir parent;
  auto mode = fs::perms::owner_all | fs::perms::group_read;
  fs::permissions(parent.path(), mode);
  data_dir found{parent.path()};
  CHECK(fs::status(parent.path()).permissions() == mode);
}

TEST_CASE("a lock that cannot be opened is named") {
  scratch_dir parent;
  // A directory in its place: this holds for root, too.
  fs::create_directory(parent.path() / "lock");
  std::string text;
  try {
    data_dir refused{parent.path()};
  } catch (const std::runtime_error& problem) {
    text = problem.what();
  }
  CHECK(text.find((parent.path() / "lock").string()) != std::string::npos);
}

TEST_CASE("a token that others can write is not taken") {
  scratch_dir parent;
  data_dir dir{parent.path()};
  auto made = dir.token();
  CHECK(made.fresh);
  CHECK(dir.token().text == made.text);
  fs::permissions(parent.path() / "token", fs::perms{0666});
  std::string text;
  try {
    std::ignore = dir.token();
  } catch (const std::runtime_error& problem) {
    text = problem.what();
  }
  CHECK(text.find((parent.path() / "token").string()) != std::string::npos);
}

TEST_CASE("the daemon reads its token file as its clients do") {
  scratch_dir parent;
  std::ofstream{parent.path() / "token"} << "# mine\n\n  secret \n";
  data_dir dir{parent.path()};
  CHECK(dir.token().text == "secret");
  CHECK_FALSE(dir.token().fresh);
}

TEST_CASE("a token is removed only as the daemon created it") {
  scratch_dir parent;
  data_dir dir{parent.path()};
  auto path = parent.path() / "token";
  auto made = dir.token();
  SUBCASE("unchanged") {
    dir.remove_token(made.text);
    CHECK_FALSE(fs::exists(path));
  }
  SUBCASE("replaced by an operator") {
    std::ofstream{path} << "of-an-operator\n";
    dir.remove_token(made.text);
    CHECK(dir.token().text == "of-an-operator");
  }
  SUBCASE("with another one beside it") {
    std::ofstream{path, std::ios::app} << "of-an-operator\n";
    dir.remove_token(made.text);
    CHECK(dir.token().text == made.text);
  }
}

TEST_CASE("a lock that is a link is not followed") {
  scratch_dir parent;
  fs::create_symlink(parent.path() / "elsewhere", parent.path() / "lock");
  CHECK_THROWS_AS(data_dir{parent.path()}, std::runtime_error);
  CHECK_FALSE(fs::exists(parent.path() / "elsewhere"));
}
