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

constexpr uid_t another = 65534;

/// While it exists, this process may open only what every user may.
class common_user {
public:
  common_user() {
    if (root_)
      REQUIRE(::seteuid(another) == 0);
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

/// What is said instead of opening the store; empty if it opens.
std::string refusal_of(const std::string& path) {
  try {
    std::ignore = store::open_writer({path});
  } catch (const store::open_error& problem) {
    return problem.what();
  }
  return {};
}

} // namespace

// It said "unable to open database file", and advised another directory.
TEST_CASE("a store that cannot be accessed names its owner, the way to access "
          "it, and no other place") {
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
  // Only root can become another user. Everyone else owns the file.
  auto way = ::geteuid() == 0 ? "chown " : "chmod u+rw " + part;
  common_user as_another;
  auto text = refusal_of(path);
  CHECK(text.starts_with("Cannot use the store " + part
                         + ": Permission denied. It belongs to "));
  CHECK(text.find(way) != std::string::npos);
  CHECK(text.find("durability") == std::string::npos);
}

TEST_CASE("the owner of a store is told to change its mode, not its owner") {
  scratch_directory here;
  fs::permissions(here.path(), fs::perms{0755});
  auto path = here.path() + "/store.db";
  std::ofstream{path} << "";
  fs::permissions(path, fs::perms{0400});
  if (::geteuid() == 0)
    REQUIRE(::chown(path.c_str(), another, another) == 0);
  common_user as_owner;
  auto text = refusal_of(path);
  CHECK(text.ends_with("chmod u+rw " + path));
  CHECK(text.find("chown") == std::string::npos);
}
