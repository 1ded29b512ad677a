#include "app/daemon/token_source.hpp"
#include "app/tokens/scoped_token_file.hpp"
#include "app/tokens/scratch_directory.hpp"

#include <doctest/doctest.h>

#include <tuple>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

std::string line(const std::string& label) {
  token_grant out;
  out.label = label;
  out.digest = digest_of("secret-" + label);
  out.scopes.add(token_scope::read);
  return to_token_line(out) + "\n";
}

struct source_world {
  source_world() {
    values.server.data_dir = dir.path().string();
    values.auth.tokens = {"plain"};
  }

  scratch_directory dir;
  config values;
};

} // namespace

TEST_CASE_FIXTURE(source_world, "plain and scoped tokens are in one table") {
  dir.write("tokens", line("a"));
  dir.write("more", "from-file\n");
  values.auth.token_file = (dir.path() / "more").string();
  token_source aut{values, "made"};
  auto loaded = aut.load();
  CHECK(loaded.errors.empty());
  CHECK(loaded.table->size() == 4);
  for (auto token : {"plain", "from-file", "made", "secret-a"}) {
    CAPTURE(token);
    CHECK(loaded.table->identify(token, wall_clock_now()).has_value());
  }
}

TEST_CASE_FIXTURE(source_world, "a changed file is noticed once it is left "
                                "alone") {
  token_source aut{values, {}};
  std::ignore = aut.load();
  CHECK_FALSE(aut.changed());
  CHECK_FALSE(aut.changed());
  dir.write("tokens", line("a"));
  CHECK_FALSE(aut.changed());
  dir.write("tokens", line("a") + line("b"));
  CHECK_FALSE(aut.changed());
  CHECK(aut.changed());
  CHECK(aut.load().table->size() == 3);
  CHECK_FALSE(aut.changed());
}

TEST_CASE_FIXTURE(source_world, "a wrong file leaves the scoped tokens as they "
                                "were, and the others follow theirs") {
  dir.write("tokens", line("a"));
  dir.write("more", "one\n");
  values.auth.token_file = (dir.path() / "more").string();
  token_source aut{values, {}};
  CHECK(aut.load().table->size() == 3);
  dir.write("tokens", line("b") + "nonsense\n");
  dir.write("more", "one\ntwo\n");
  auto loaded = aut.load();
  REQUIRE(loaded.errors.size() == 1);
  CHECK(loaded.errors[0].starts_with((dir.path() / "tokens:2: ").string()));
  CHECK(loaded.table->size() == 4);
  auto now = wall_clock_now();
  CHECK(loaded.table->identify("secret-a", now).has_value());
  CHECK_FALSE(loaded.table->identify("secret-b", now).has_value());
}

TEST_CASE_FIXTURE(source_world, "an emptied file has no tokens left") {
  dir.write("tokens", line("a"));
  token_source aut{values, {}};
  CHECK(aut.load().table->size() == 2);
  dir.write("tokens", "");
  auto loaded = aut.load();
  CHECK(loaded.errors.empty());
  CHECK(loaded.table->size() == 1);
}

// All scoped bridges were closed when a volume was not mounted.
TEST_CASE_FIXTURE(source_world, "a file that goes leaves its tokens, and is "
                                "looked for at every tick") {
  dir.write("tokens", line("a"));
  token_source aut{values, {}};
  std::ignore = aut.load();
  std::filesystem::remove(dir.path() / "tokens");
  CHECK_FALSE(aut.changed());
  CHECK(aut.changed());
  auto loaded = aut.load();
  REQUIRE(loaded.errors.size() == 1);
  CHECK(loaded.errors[0].starts_with(
      (dir.path() / "tokens: cannot be read: No such file").string()));
  CHECK(loaded.table->size() == 2);
  CHECK(aut.changed());
  CHECK(aut.changed());
  dir.write("tokens", line("a") + line("b"));
  CHECK_FALSE(aut.changed());
  CHECK(aut.changed());
  CHECK(aut.load().table->size() == 3);
}

TEST_CASE_FIXTURE(source_world, "without a file in the data directory there "
                                "are no scoped tokens yet") {
  token_source aut{values, {}};
  auto loaded = aut.load();
  CHECK(loaded.errors.empty());
  CHECK(loaded.table->size() == 1);
}

TEST_CASE_FIXTURE(source_world, "a named file that is not there is an error "
                                "that names it") {
  values.auth.scoped_token_file = (dir.path() / "mistyped").string();
  token_source aut{values, {}};
  auto loaded = aut.load();
  REQUIRE(loaded.errors.size() == 1);
  CHECK(loaded.errors[0].find("mistyped: cannot be read") != std::string::npos);
  CHECK(loaded.errors[0].find("auth.scoped_token_file") != std::string::npos);
}

// A typo and SIGHUP closed all scoped bridges, and the log was silent.
TEST_CASE_FIXTURE(source_world, "a change to a named file that is not there "
                                "leaves the scoped tokens as they were") {
  dir.write("tokens", line("a"));
  token_source aut{values, {}};
  std::ignore = aut.load();
  values.auth.scoped_token_file = (dir.path() / "mistyped").string();
  aut.change(values, {});
  auto loaded = aut.load();
  CHECK(loaded.errors.size() == 1);
  CHECK(loaded.table->size() == 2);
  dir.write("mistyped", line("b") + line("c"));
  CHECK_FALSE(aut.changed());
  CHECK(aut.changed());
  CHECK(aut.load().table->size() == 3);
}

TEST_CASE_FIXTURE(source_world, "back to a data directory without a file, "
                                "there are no scoped tokens") {
  dir.write("named", line("a"));
  values.auth.scoped_token_file = (dir.path() / "named").string();
  token_source aut{values, {}};
  CHECK(aut.load().table->size() == 2);
  values.auth.scoped_token_file.reset();
  aut.change(values, {});
  auto loaded = aut.load();
  CHECK(loaded.errors.empty());
  CHECK(loaded.table->size() == 1);
}

// Plain tokens vanished while their file could not be read.
TEST_CASE_FIXTURE(source_world, "a plain token file that cannot be read leaves "
                                "its tokens, and is tried again") {
  dir.write("more", "one\n");
  values.auth.token_file = (dir.path() / "more").string();
  token_source aut{values, {}};
  auto now = wall_clock_now();
  CHECK(aut.load().table->identify("one", now).has_value());
  std::filesystem::remove(dir.path() / "more");
  // A directory in its place: this holds for root, too.
  std::filesystem::create_directory(dir.path() / "more");
  CHECK_FALSE(aut.changed());
  CHECK(aut.changed());
  auto loaded = aut.load();
  CHECK(loaded.errors.empty());
  CHECK(loaded.unread.ends_with("more: Is a directory"));
  CHECK_FALSE(loaded.is_right());
  CHECK(loaded.table->identify("one", now).has_value());
  CHECK(aut.changed());
  std::filesystem::remove(dir.path() / "more");
  dir.write("more", "two\n");
  CHECK_FALSE(aut.changed());
  CHECK(aut.changed());
  loaded = aut.load();
  CHECK(loaded.is_right());
  CHECK(loaded.table->identify("two", now).has_value());
  CHECK_FALSE(loaded.table->identify("one", now).has_value());
}

TEST_CASE_FIXTURE(source_world, "a change of mode is a change") {
  dir.write("tokens", line("a"));
  token_source aut{values, {}};
  std::ignore = aut.load();
  CHECK_FALSE(aut.changed());
  std::filesystem::permissions(dir.path() / "tokens",
                               std::filesystem::perms::owner_read);
  CHECK_FALSE(aut.changed());
  CHECK(aut.changed());
}
