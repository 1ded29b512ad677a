#include "app/config/scoped_token_path.hpp"
#include "app/tokens/scratch_directory.hpp"
#include "app/tokens/token_book.hpp"
#include "app/tokens/token_secret.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <sys/stat.h>
#include <thread>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

token_grant grant(const std::string& label) {
  token_grant out;
  out.label = label;
  out.digest = digest_of("secret-" + label);
  out.scopes.add(token_scope::read);
  return out;
}

struct book_world {
  scratch_directory dir;
  std::filesystem::path path = dir.path() / "tokens";

  [[nodiscard]] std::string text() const {
    return dir.read("tokens");
  }

  [[nodiscard]] unsigned mode() const {
    struct stat info {};
    REQUIRE(stat(path.c_str(), &info) == 0);
    return info.st_mode & 07777U;
  }
};

} // namespace

TEST_CASE("a token has 256 random bits and begins like one") {
  auto x = make_token_secret();
  CHECK(x.starts_with("bk_"));
  CHECK(x.size() == 3 + 64);
  CHECK(x != make_token_secret());
}

TEST_CASE_FIXTURE(book_world, "a file that does not exist has no tokens, and "
                              "is made with the first") {
  {
    token_book aut{path};
    CHECK(aut.grants().empty());
    CHECK_FALSE(std::filesystem::exists(path));
    aut.add(grant("a"));
    CHECK(aut.has("a"));
  }
  CHECK(mode() == 0600);
  CHECK(text().starts_with("# "));
  CHECK(text().ends_with(to_token_line(grant("a")) + "\n"));
  CHECK(token_book{path}.has("a"));
  CHECK(read_scoped_tokens(path, missing_tokens::none).grants.size() == 1);
}

TEST_CASE_FIXTURE(book_world, "what people wrote stays as it is") {
  auto line = to_token_line(grant("a"));
  dir.write("tokens", "# mine\n\n  " + line + "\n# end");
  chmod(path.c_str(), 0644);
  token_book aut{path};
  aut.add(grant("b"));
  CHECK(text()
        == "# mine\n\n  " + line + "\n# end\n" + to_token_line(grant("b"))
               + "\n");
  CHECK(mode() == 0640);
  CHECK(aut.remove("a"));
  CHECK(text() == "# mine\n\n# end\n" + to_token_line(grant("b")) + "\n");
  CHECK_FALSE(aut.remove("a"));
  CHECK_FALSE(aut.remove("c"));
}

TEST_CASE_FIXTURE(book_world, "a token is revoked in a file that is wrong "
                              "elsewhere, too") {
  dir.write("tokens", "nonsense\n" + to_token_line(grant("a")));
  token_book aut{path};
  CHECK(aut.errors().size() == 1);
  CHECK(aut.remove("a"));
  CHECK(text() == "nonsense\n");
}

TEST_CASE_FIXTURE(book_world, "a link to the file stays a link") {
  dir.write("real", "");
  std::filesystem::create_symlink(dir.path() / "real", path);
  token_book{path}.add(grant("a"));
  CHECK(std::filesystem::is_symlink(path));
  CHECK(read_scoped_tokens(dir.path() / "real", missing_tokens::none)
            .grants.size()
        == 1);
}

TEST_CASE_FIXTURE(book_world, "two at once lose nothing") {
  std::vector<std::thread> writers;
  for (int i = 0; i < 8; ++i)
    writers.emplace_back(
        [&, i] { token_book{path}.add(grant("t" + std::to_string(i))); });
  for (auto& x : writers)
    x.join();
  CHECK(read_scoped_tokens(path, missing_tokens::none).grants.size() == 8);
}

TEST_CASE_FIXTURE(book_world, "what cannot be read or written is told") {
  CHECK_THROWS_WITH_AS(
      token_book{dir.path() / "no" / "tokens"},
      doctest::Contains(
          "No such file or directory. Name the daemon's configuration with "
          "--config"),
      std::runtime_error);
  std::filesystem::create_directory(path);
  CHECK_THROWS_WITH_AS(token_book{path}, doctest::Contains("Is a directory"),
                       std::runtime_error);
  auto file = read_scoped_tokens(path, missing_tokens::none);
  REQUIRE(file.errors.size() == 1);
  CHECK(file.errors[0].find("cannot be read") != std::string::npos);
}

TEST_CASE("tokens are in the data directory unless a file is named") {
  config x;
  x.server.data_dir = "/data";
  CHECK(scoped_token_path(x) == "/data/tokens");
  x.auth.scoped_token_file = "/etc/them";
  CHECK(scoped_token_path(x) == "/etc/them");
}
