#include "app/files/text_file.hpp"
#include "app/tokens/scratch_directory.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;
namespace fs = std::filesystem;

namespace {

unsigned mode_of(const fs::path& path) {
  return static_cast<unsigned>(fs::symlink_status(path).permissions());
}

} // namespace

TEST_CASE("a file of secrets is for its owner alone, whatever stood there") {
  scratch_directory dir;
  dir.write("token", "old");
  fs::permissions(dir.path() / "token", fs::perms{0666});
  CHECK(replace_file(dir.path() / "token", "new", file_readers::owner));
  CHECK(dir.read("token") == "new");
  CHECK(mode_of(dir.path() / "token") == 0600);
  CHECK_FALSE(fs::exists(dir.path() / "token.new"));
}

// A file that somebody had put there became the token file, still his own.
TEST_CASE("a planted file beside it is not written to") {
  scratch_directory dir;
  dir.write("token.new", "planted");
  fs::permissions(dir.path() / "token.new", fs::perms{0666});
  fs::create_hard_link(dir.path() / "token.new", dir.path() / "kept");
  CHECK(replace_file(dir.path() / "token", "secret", file_readers::owner));
  CHECK(dir.read("kept") == "planted");
  CHECK(dir.read("token") == "secret");
  CHECK(mode_of(dir.path() / "token") == 0600);
}

TEST_CASE("a link beside it, or in its place, is replaced and not followed") {
  scratch_directory dir;
  dir.write("elsewhere", "kept");
  fs::create_symlink(dir.path() / "elsewhere", dir.path() / "token.new");
  fs::create_symlink(dir.path() / "elsewhere", dir.path() / "token");
  CHECK(replace_file(dir.path() / "token", "secret", file_readers::owner));
  CHECK(dir.read("elsewhere") == "kept");
  CHECK(dir.read("token") == "secret");
  CHECK_FALSE(fs::is_symlink(dir.path() / "token"));
}

TEST_CASE("a file that cannot be written leaves nothing, and says why") {
  scratch_directory dir;
  CHECK_FALSE(
      replace_file(dir.path() / "none" / "token", "x", file_readers::owner));
  CHECK(errno == ENOENT);
  // A directory in its place: this holds for root, too.
  fs::create_directory(dir.path() / "token");
  CHECK_FALSE(replace_file(dir.path() / "token", "x", file_readers::owner));
  CHECK(errno == EISDIR);
  CHECK_FALSE(fs::exists(dir.path() / "token.new"));
}

TEST_CASE("a text that is read is whole, and a missing one says why") {
  scratch_directory dir;
  dir.write("a", std::string(10'000, 'x'));
  CHECK(read_text_file(dir.path() / "a") == std::string(10'000, 'x'));
  CHECK_FALSE(read_text_file(dir.path() / "none"));
  CHECK(errno == ENOENT);
  CHECK_FALSE(read_text_file(dir.path()));
  CHECK(errno == EISDIR);
}

TEST_CASE("a secret is taken only from a file that others cannot write") {
  scratch_directory dir;
  auto path = dir.path() / "token";
  dir.write("token", "x");
  CHECK(read_private_file(path) == "x");
  SUBCASE("not while every user can write it") {
    fs::permissions(path, fs::perms{0666});
    CHECK_FALSE(read_private_file(path));
    CHECK(errno == EPERM);
  }
  SUBCASE("not through a link") {
    fs::create_symlink(path, dir.path() / "link");
    CHECK_FALSE(read_private_file(dir.path() / "link"));
    CHECK(errno == ELOOP);
  }
  SUBCASE("not from another user") {
    // Only root can give a file away.
    if (chown(path.c_str(), 12345, 12345) != 0)
      return;
    CHECK_FALSE(read_private_file(path));
    CHECK(errno == EPERM);
  }
  SUBCASE("not from what is no file") {
    CHECK_FALSE(read_private_file(dir.path()));
    CHECK(errno == EPERM);
  }
}
