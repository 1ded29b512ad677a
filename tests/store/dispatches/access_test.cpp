#include "store/dispatches/connection.hpp"
#include "store/dispatches/fault.hpp"
#include "store/dispatches/scratch_store.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <tuple>
#include <unistd.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace fs = std::filesystem;

namespace {

/// While it exists, this process may open only what every user may.
class common_user {
public:
  common_user() {
    if (root_)
      REQUIRE(::seteuid(65534) == 0);
  }

  common_user(const common_user&) = delete;
  common_user& operator=(const common_user&) = delete;

  ~common_user() {
    if (root_ && ::seteuid(0) != 0)
      std::abort();
  }

private:
  bool root_ = ::geteuid() == 0;
};

} // namespace

// It said "unable to open database file", and advised another directory.
TEST_CASE("a store of another user names its owner and keeps its place") {
  scratch_directory here;
  fs::permissions(here.path(), fs::perms{0755});
  auto path = here.path() + "/store.db";
  auto part = path;
  SUBCASE("the file") {}
  SUBCASE("the log beside it") {
    part += "-wal";
    std::ofstream{path} << "";
    fs::permissions(path, fs::perms{0666});
  }
  std::ofstream{part} << "";
  fs::permissions(part, fs::perms::none);
  common_user as_another;
  std::string text;
  try {
    std::ignore = store::open_writer({path});
  } catch (const store::open_error& problem) {
    text = problem.what();
  }
  CHECK(text.starts_with("Cannot use the store " + part
                         + ": Permission denied. It belongs to "));
  CHECK(text.find("chown ") != std::string::npos);
  CHECK(text.find("durability") == std::string::npos);
}
