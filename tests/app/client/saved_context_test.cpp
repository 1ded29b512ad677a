#include "app/client/saved_context.hpp"
#include "app/scratch_dir.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

namespace fs = std::filesystem;

/// A user whose configuration is in a scratch directory.
class scratch_user {
public:
  scratch_user() {
    ::setenv("XDG_CONFIG_HOME", dir_.path().c_str(), 1);
  }

  ~scratch_user() {
    ::unsetenv("XDG_CONFIG_HOME");
  }

private:
  scratch_dir dir_;
};

} // namespace

TEST_CASE("a saved context comes back as it was") {
  scratch_user user;
  CHECK_FALSE(load_context("work").value().has_value());
  REQUIRE(save_context("work", {"https://h:1", "a token", "/ca.pem", ""})
              .has_value());
  auto found = load_context("work");
  REQUIRE(found.has_value());
  REQUIRE(found->has_value());
  CHECK((*found)->url == "https://h:1");
  CHECK((*found)->token == "a token");
  CHECK((*found)->ca == "/ca.pem");
  CHECK((*found)->tls_fingerprint.empty());
  // Again, over the first.
  REQUIRE(save_context("work", {"http://h:2", "t"}).has_value());
  CHECK(load_context("work").value()->url == "http://h:2");
}

TEST_CASE("only its owner may read a saved context") {
  scratch_user user;
  auto path = save_context("work", {"http://h", "t"});
  REQUIRE(path.has_value());
  CHECK(fs::status(*path).permissions()
        == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(fs::status(path->parent_path()).permissions() == fs::perms::owner_all);
}

TEST_CASE("what lies beside a context is not written to") {
  scratch_user user;
  auto path = save_context("work", {"http://h", "t"});
  REQUIRE(path.has_value());
  auto victim = path->parent_path() / "victim";
  std::ofstream{victim} << "precious";
  auto beside = *path;
  beside += ".new";
  fs::create_symlink(victim, beside);
  REQUIRE(save_context("work", {"http://h:2", "t"}).has_value());
  CHECK(load_context("work").value()->url == "http://h:2");
  CHECK(fs::file_size(victim) == 8);
  CHECK_FALSE(fs::exists(fs::symlink_status(beside)));
}

TEST_CASE("a file that is no context says what to do") {
  scratch_user user;
  auto path = save_context("work", {"http://h", "t"});
  REQUIRE(path.has_value());
  for (auto text : {"", "7", "{}", R"({"url":7})", "[[[["}) {
    std::ofstream{*path} << text;
    CAPTURE(text);
    auto found = load_context("work");
    REQUIRE(found.has_error());
    CHECK(to_string(found.error()).find("bridgekeeper login")
          != std::string::npos);
  }
}

TEST_CASE("a removed context is gone, and the others stay") {
  scratch_user user;
  auto path = save_context("work", {"http://h", "t"});
  REQUIRE(path.has_value());
  REQUIRE(save_context("play", {"http://h", "t"}).has_value());
  CHECK(saved_context_names() == std::vector<std::string>{"play", "work"});
  auto gone = remove_context("work");
  REQUIRE(gone.has_value());
  CHECK(*gone == *path);
  CHECK_FALSE(fs::exists(*path));
  CHECK(saved_context_names() == std::vector<std::string>{"play"});
  CHECK(fs::status(path->parent_path()).permissions() == fs::perms::owner_all);
}

TEST_CASE("a context that is not there cannot be removed") {
  scratch_user user;
  auto text = [] { return to_string(remove_context("work").error()); };
  CHECK(text().find("No contexts are saved") != std::string::npos);
  REQUIRE(save_context("play", {"http://h", "t"}).has_value());
  CHECK(text().find("no context \"work\"") != std::string::npos);
  CHECK(text().find("play") != std::string::npos);
  CHECK(remove_context("../contexts/play").has_error());
  CHECK(saved_context_names() == std::vector<std::string>{"play"});
}

TEST_CASE("a context's name is no path") {
  for (auto name :
       {"", ".", "..", "../x", "a/b", ".hidden", "a b", "\xC3\xBC"}) {
    CAPTURE(name);
    CHECK_FALSE(is_context_name(name));
  }
  CHECK_FALSE(is_context_name(std::string(65, 'x')));
  for (auto name : {"default", "a", "work-2.eu_1"})
    CHECK(is_context_name(name));
}
